"""The command `ehr-sandbox`: thin words over the library; the boundary where a Problem becomes a message and exit 1."""

import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import MappingProxyType

import typer

from fhir_r4 import Problem

_INTERRUPTED = 130
"""Typer's exit code after Ctrl-C."""

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "list": ("list_tasks", "ehr-sandbox list trial_audit --json"),
        "seed": ("seed", "ehr-sandbox seed trial_audit/tiny/0 --out world --truth truth.json"),
        "load": ("load", "ehr-sandbox load world --fhir-url http://127.0.0.1:8802/fhir"),
        "fhir": ("fhir", "ehr-sandbox fhir trial_audit/tiny/0"),
        "serve": ("serve", "ehr-sandbox serve --records runs"),
        "run": ("run", "ehr-sandbox run trial_audit/tiny --agent reference --agent noop --seeds 0-9"),
        "grade": ("grade", "ehr-sandbox grade runs/RECORD.ndjson --explain"),
        "validate": ("validate", "ehr-sandbox validate trial_audit/tiny --seeds 0-19"),
        "describe": ("describe", "ehr-sandbox describe trial_audit/tiny/0 --out tiny.html"),
        "review-sheet": ("review_sheet", "ehr-sandbox review-sheet trial_audit/hard --seeds 0-4 --out review"),
        "demo": ("demo", "ehr-sandbox demo --json"),
    }
)
"""word -> (module in `ehr_sandbox.commands`, an example)"""


def app_of(words: Iterable[str]) -> typer.Typer:
    """The command line with these commands. Each is imported here and not above: together they take a second."""
    app = typer.Typer(
        name="ehr-sandbox",
        help="A hospital in a box: seeded FHIR R4 worlds for testing and training agents on electronic health records."
        "\n\nA task is named suite/variant/index, e.g. trial_audit/tiny/0. Start with: ehr-sandbox demo",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_nothing)  # without it, Typer takes a single command for the whole program
    for word in words:
        module, example = COMMANDS[word]
        command = import_module(f"ehr_sandbox.commands.{module}").command
        app.command(word, epilog=f"Example: {example}")(command)
    return app


def _nothing() -> None:
    pass


def main() -> None:
    """Without a known word (help, a slip of the pen), every command is there to be listed."""
    asked = [word for word in sys.argv[1:2] if word in COMMANDS]
    try:
        app_of(asked or COMMANDS)()
    except Problem as problem:
        typer.echo(f"error ({problem.category}): {problem.message}", err=True)
        sys.exit(1)
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        typer.echo(f"error (file): {about}{error.strerror or error}", err=True)
        sys.exit(1)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            typer.echo("interrupted; what was written so far is kept", err=True)
        raise
