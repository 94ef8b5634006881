"""`ehr-sandbox grade`: the scorecard of a run record, without any server."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ehr_sandbox.commands.options import Json, SaltFile
from ehr_sandbox.console import console
from ehr_sandbox.grading import explain_record, grade_record
from ehr_sandbox.salt import read_salt
from ehr_sandbox.worlds import WorldShelf
from fhir_r4 import NotFound
from tasks import RunRecord, Scorecard, read_record


def command(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="A run record (.ndjson).")],
    salt_file: SaltFile = None,
    explain: Annotated[bool, typer.Option("--explain", help="One line per item: found, missed, wrong.")] = False,
    json: Json = False,
) -> None:
    """Grade a record again: the same bytes every time."""
    shelf = WorldShelf(read_salt(salt_file))
    run = _read(record)
    card = grade_record(run, shelf)
    if json:
        typer.echo(card.model_dump_json())
        return
    _show(card)
    if explain:
        for line in explain_record(run, shelf):
            typer.echo(line)


def _read(path: Path) -> RunRecord:
    if not path.is_file():
        raise NotFound(f"no run record at {path}; `ehr-sandbox run` says where it put them")
    with path.open("rb") as lines:
        return read_record(lines)


def _show(card: Scorecard) -> None:
    say = console()
    scored = "unscored" if card.reward is None else f"net {card.net}  reward {card.reward}"
    seal = "sealed" if card.sealed else "public salt: not a benchmark result"
    say.print(f"{card.task}  {card.agent}  {card.cause}  {scored}  ({seal})", markup=False, soft_wrap=True)
    table = Table("", "checkpoint", "expected", "actual", box=None, header_style="bold")
    for point in card.checkpoints:
        table.add_row(point.outcome, point.requirement, point.expected, point.actual)
    say.print(table)
    figures = {name: value for name, value in card.metrics.items() if not isinstance(value, dict | list)}
    say.print("  ".join(f"{name} {value}" for name, value in figures.items()), soft_wrap=True)
    say.print("(calibration, confusion and figures by type: --json)")
