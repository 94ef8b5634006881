"""`ehr-sandbox load`: put resources onto a FHIR R4 server."""

import asyncio
import hashlib
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from ehr_sandbox.commands.options import Json
from ehr_sandbox.console import progress
from ehr_sandbox.urls import http_url
from fhir_r4 import Invalid
from fhir_server import read_source
from fhir_server.remote import LoadReport, load_resources


def command(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="NDJSON folder, JSON folder, or Bundle file.")],
    fhir_url: Annotated[str, typer.Option("--fhir-url", metavar="URL", help="FHIR base URL, with /fhir.")],
    header: Annotated[
        list[str], typer.Option("--header", metavar="HEADER", help="'Name: value', e.g. Authorization; repeatable.")
    ] = [],  # noqa: B006
    workers: Annotated[int, typer.Option(min=1, max=16, metavar="N", help="Transactions at once.")] = 2,
    json: Json = False,
) -> None:
    """Load resources by PUT transactions, in dependency order. Run it again after an interruption: it goes on."""
    http_url(fhir_url, "--fhir-url", "http://127.0.0.1:8802/fhir")
    headers = _headers(header)
    read = read_source(source)
    state_file = _state_file(source, fhir_url)
    columns = (TextColumn("loading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with progress(*columns, is_json=json) as shown:
        bar = shown.add_task("loading", total=len(read.resources))
        report = asyncio.run(
            load_resources(
                fhir_url,
                read.resources,
                progress=lambda done, total: shown.update(bar, completed=done, total=total),
                state_file=state_file,
                headers=headers,
                workers=workers,
            )
        )
    _say(report, fhir_url, json)
    if report.failures:
        raise typer.Exit(1)


def _state_file(source: Path, fhir_url: str) -> Path:
    """Beside the data, one per server; hidden, so that the data folder stays what it was."""
    name = hashlib.sha256(fhir_url.rstrip("/").encode()).hexdigest()[:12]
    beside = source.resolve()
    return beside.parent / f".{beside.name}.{name}.load"


def _headers(words: list[str]) -> dict[str, str]:
    """Raises Invalid."""
    pairs = [word.partition(":") for word in words]
    if any(not (name.strip().isascii() and name.strip()) or not colon for name, colon, _ in pairs):
        raise Invalid("a --header is written 'Name: value', as in --header 'Authorization: Bearer TOKEN'")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _say(report: LoadReport, fhir_url: str, json: bool) -> None:
    if json:
        failures = [{"reference": f.reference, "status": f.status, "because": f.diagnostics} for f in report.failures]
        line = {"loaded": report.loaded, "resumed": report.resumed, "failures": failures}
        typer.echo(orjson.dumps(line).decode())
        return
    resumed = f", {report.resumed} were there from before" if report.resumed else ""
    typer.echo(f"{report.loaded} resources loaded onto {fhir_url}{resumed}, {len(report.failures)} refused")
    for failure in report.failures:
        typer.echo(f"  {failure.reference}: HTTP {failure.status}: {failure.diagnostics}")
