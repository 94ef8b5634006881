"""`ehr-sandbox list`: what there is to do, and by whom."""

from typing import Annotated

import orjson
import typer
from rich.table import Table

from ehr_sandbox.commands.options import Json
from ehr_sandbox.console import console
from ehr_sandbox.selection import select
from ehr_sandbox.suites import SUITES
from tasks import SPLITS


def command(
    json: Json = False,
    task: Annotated[str | None, typer.Argument(metavar="[SUITE[/VARIANT]]", help="Only these.")] = None,
) -> None:
    """List suites, variants, budgets and scripted agents."""
    named = [select(task, SUITES)] if task else [select(name, SUITES) for name in SUITES]
    chosen = [(selection.suite, selection.variants) for selection in named]
    rows = [
        {
            "task": f"{row.name}/{variant}",
            "version": row.version,
            "fhir": budget.fhir,
            "actions": budget.actions,
            "par": budget.par,
            "agents": ", ".join(row.agents),
        }
        for row, variants in chosen
        for variant, budget in row.budgets.items()
        if variant in variants
    ]
    if json:
        for row in rows:
            typer.echo(orjson.dumps(row).decode())
        return
    table = Table("task", "version", "FHIR requests", "actions", "par", "agents", box=None, header_style="bold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console().print(table)
    ranges = ", ".join(f"{name} {first}-{'' if last is None else last}" for name, (first, last) in SPLITS.items())
    typer.echo(f"\nAny index from 0. Splits: {ranges}.")
