"""`ehr-sandbox review-sheet`: charts for experts to judge blind, and the score of what they say."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

import tasks.trial_audit
from ehr_sandbox.commands.options import Json, SaltFile, Seeds
from ehr_sandbox.console import progress
from ehr_sandbox.describe import Charts, read_charts
from ehr_sandbox.generators import GENERATORS, Built
from ehr_sandbox.review import (
    Reviewed,
    check_places,
    draw_candidates,
    read_key,
    read_sheet,
    score_lines,
    score_pairs,
    score_record,
    score_sheet,
    write_review,
)
from ehr_sandbox.salt import read_salt
from ehr_sandbox.selection import select
from fhir_r4 import Invalid, Unsupported
from tasks import PUBLIC_SALT, Address

_SUITE = "trial_audit"
_PUBLISHED = (
    "built with the published salt: who knows it can build these worlds and this key again; name a secret one with"
    " --salt-file before you send charts out"
)


def command(
    task: Annotated[
        str | None, typer.Argument(metavar="[TASK]", help="suite/variant, e.g. trial_audit/hard; none with --score.")
    ] = None,
    seeds: Seeds = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="The reviewer's: new or empty.")] = None,
    charts: Annotated[int, typer.Option("--charts", metavar="N", min=1, max=999, help="Charts to show.")] = 20,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="The operator's. Default: FOLDER.key.json, beside it.")
    ] = None,
    score: Annotated[
        list[Path] | None, typer.Option("--score", metavar="FILLED.csv", help="A filled sheet; repeat for several.")
    ] = None,
    salt_file: SaltFile = None,
    json: Json = False,
) -> None:
    """Let experts check the truth. Without --score: writes charts, one claim each, to judge blind: a folder for the
    reviewer (a sheet, a page per chart with the protocol) and a key for you, which no reviewer may see. Claims that are
    right, look-alikes and plain wrong ones are mixed. With --score and --key: agreement with the truth, Cohen's kappa,
    figures by finding type with 95 % intervals, agreement between reviewers, and every disagreement. Not more worlds
    than charts are built, one after the other, each once to draw from and, if a chart of it is shown, once more."""
    if score:
        if task is not None or out is not None or key is None:
            raise Invalid(
                "scoring takes filled sheets and their key: --score FILLED.csv --key FILE, and no TASK or --out"
            )
        _score(score, key, is_json=json)
        return
    if task is None or out is None:
        raise Invalid("name a task and a folder, as in: review-sheet trial_audit/hard --seeds 0-4 --out review")
    key = key or out.with_name(out.name + ".key.json")
    check_places(out, key)
    _export(task, seeds, out, charts, key, read_salt(salt_file), is_json=json)


def _export(task: str, seeds: str | None, out: Path, charts: int, key: Path, salt: str, *, is_json: bool) -> None:
    addresses = select(task, GENERATORS).addresses(seeds)
    if addresses[0].suite != _SUITE:
        raise Unsupported(f"{addresses[0].suite} has no protocol to judge by: a review sheet is made of {_SUITE} tasks")
    if salt == PUBLIC_SALT:
        typer.echo(_PUBLISHED, err=True)
    secret = "\x1f".join(("review", salt, task, seeds or "", str(charts)))
    named = _spread(addresses, charts)
    with _steps(2 * len(named), is_json=is_json) as done:
        worlds = []
        for address in named:
            worlds.append(_reviewed(salt, address))
            done("drawn from", address)

        def read(world: Reviewed) -> Charts:
            found = _charts(salt, world.address)
            done("shown", world.address)
            return found

        seal = write_review(draw_candidates(worlds, charts, secret), out, key, secret, read)
    if is_json:
        line = {"folder": str(out), "key": str(key), "charts": charts, "worlds": len(worlds), "seal": seal}
        typer.echo(orjson.dumps(line).decode())
        return
    typer.echo(f"{charts} charts of {len(worlds)} worlds in {out}: give this folder to the reviewers")
    typer.echo(f"key in {key}: keep it to yourself")
    typer.echo(f"when a sheet is back: ehr-sandbox review-sheet --score FILLED.csv --key {key}")


def _spread(addresses: Sequence[Address], most: int) -> list[Address]:
    """Not more worlds than charts, evenly over those named."""
    n = min(most, len(addresses))
    return [addresses[i * len(addresses) // n] for i in range(n)]


@contextmanager
def _steps(total: int, *, is_json: bool) -> Iterator[Callable[[str, Address], None]]:
    """What to call once something is done with a world: a bar for a person, a line in a log."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with progress(*columns, is_json=is_json) as shown:
        bar = shown.add_task("building worlds", total=total)

        def done(what: str, address: Address) -> None:
            shown.update(bar, advance=1, description=f"{what} {address}")
            if shown.disable and not is_json:
                typer.echo(f"{what} {address}", err=True)

        yield done


def _reviewed(salt: str, address: Address) -> Reviewed:
    built = GENERATORS[address.suite].build(salt, address)
    types = tasks.trial_audit.VARIANTS[address.variant].finding_types
    return Reviewed.of(address, _charts_of(built), built.truth, types)


def _charts(salt: str, address: Address) -> Charts:
    return _charts_of(GENERATORS[address.suite].build(salt, address))


def _charts_of(built: Built) -> Charts:
    return read_charts(built.world.resources, digest=built.world.digest, now=built.world.now)


def _score(sheets: Sequence[Path], key_file: Path, *, is_json: bool) -> None:
    key, seal = read_key(key_file)
    charts = [row.chart for row in key.rows]
    names = _names(sheets)
    answers = {name: read_sheet(path, charts) for name, path in names.items()}
    scores = [score_sheet(name, found, key) for name, found in answers.items()]
    pairs = score_pairs(answers)
    if is_json:
        typer.echo(orjson.dumps(score_record(scores, pairs, seal)).decode())
        return
    for line in score_lines(scores, pairs, seal):
        typer.echo(line)


def _names(sheets: Sequence[Path]) -> dict[str, Path]:
    """A reviewer is called as the file is; files of the same name by their whole path. Raises Invalid."""
    if len(set(sheets)) < len(sheets):
        raise Invalid("a sheet is named twice: name each reviewer's once")
    stems = [path.stem for path in sheets]
    return {(path.stem if stems.count(path.stem) == 1 else str(path)): path for path in sheets}
