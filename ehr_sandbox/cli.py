"""The command `ehr-sandbox`: thin words over the library; the boundary where a Problem becomes a message and exit 1."""

import sys

import typer
from rich.console import Console

from ehr_sandbox.commands import (
    demo,
    fhir,
    grade,
    list_tasks,
    load,
    run,
    seed,
    serve,
    validate,
)
from fhir_r4 import Problem

app = typer.Typer(
    name="ehr-sandbox",
    help="A hospital in a box: seeded FHIR R4 worlds for testing and training agents on electronic health records.\n\n"
    "A task is named suite/variant/index, e.g. trial_audit/tiny/0. Start with: ehr-sandbox demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("list")(list_tasks.command)
app.command("seed")(seed.command)
app.command("load")(load.command)
app.command("fhir")(fhir.command)
app.command("serve")(serve.command)
app.command("run")(run.command)
app.command("grade")(grade.command)
app.command("validate")(validate.command)
app.command("demo")(demo.command)


def main() -> None:
    try:
        app()
    except Problem as problem:
        Console(stderr=True, soft_wrap=True).print(f"error ({problem.category}): {problem.message}", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted; what was written so far is kept", markup=False)
        sys.exit(130)
