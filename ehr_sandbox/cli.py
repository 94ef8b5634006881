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

_INTERRUPTED = 130
"""Typer's exit code after Ctrl-C."""

app = typer.Typer(
    name="ehr-sandbox",
    help="A hospital in a box: seeded FHIR R4 worlds for testing and training agents on electronic health records.\n\n"
    "A task is named suite/variant/index, e.g. trial_audit/tiny/0. Start with: ehr-sandbox demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for name, command, example in (
    ("list", list_tasks.command, "ehr-sandbox list trial_audit --json"),
    ("seed", seed.command, "ehr-sandbox seed trial_audit/tiny/0 --out world --truth truth.json"),
    ("load", load.command, "ehr-sandbox load world --fhir-url http://127.0.0.1:8802/fhir"),
    ("fhir", fhir.command, "ehr-sandbox fhir trial_audit/tiny/0"),
    ("serve", serve.command, "ehr-sandbox serve --records runs"),
    ("run", run.command, "ehr-sandbox run trial_audit/tiny --agent reference --agent noop --seeds 0-9"),
    ("grade", grade.command, "ehr-sandbox grade runs/RECORD.ndjson --explain"),
    ("validate", validate.command, "ehr-sandbox validate trial_audit/tiny --seeds 0-19"),
    ("demo", demo.command, "ehr-sandbox demo --json"),
):
    app.command(name, epilog=f"Example: {example}")(command)


def main() -> None:
    try:
        app()
    except Problem as problem:
        Console(stderr=True, soft_wrap=True).print(f"error ({problem.category}): {problem.message}", markup=False)
        sys.exit(1)
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        Console(stderr=True, soft_wrap=True).print(f"error (file): {about}{error.strerror or error}", markup=False)
        sys.exit(1)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            Console(stderr=True).print("interrupted; what was written so far is kept", markup=False)
        raise
