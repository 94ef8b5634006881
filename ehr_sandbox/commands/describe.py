"""`ehr-sandbox describe`: a world as one HTML file to look at."""

import gc
from pathlib import Path
from typing import Annotated

import orjson
import typer

from ehr_sandbox.commands.options import Json, SaltFile
from ehr_sandbox.describe import Charts, Person, chosen_people, describe, read_charts
from ehr_sandbox.sources import read_world_named
from fhir_r4 import Invalid


def command(
    world: Annotated[
        str, typer.Argument(metavar="WORLD", help="suite/variant/index, an NDJSON or JSON folder, or a Bundle file.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.html", help="The file to write.")] = Path("world.html"),
    patients: Annotated[
        str, typer.Option("--patients", metavar="N|IDS", help="Show the first N one by one, or these ids: a,b,c.")
    ] = "6",
    salt_file: SaltFile = None,
    json: Json = False,
) -> None:
    """Draw a world so that a clinician can look instead of read: people, codes, resources per patient, time lines,
    values by visit, what is missing, and single patients with their notes. One HTML file, no script, no network; any
    FHIR R4 data. It reads resources only, never the truth. Same world, same bytes."""
    if out.suffix.lower() not in {".html", ".htm"}:
        raise Invalid(f"--out {out}: the report is an HTML file, name it as in world.html")
    gc.disable()  # what is read stays to the end: there is nothing to collect
    try:
        charts, people = _read(world, salt_file, patients)
        text = describe(charts, people).encode()
    finally:
        gc.enable()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(text)
    if json:
        line = {"file": str(out), "patients": len(charts.persons), "resources": charts.size, "shown": len(people)}
        typer.echo(orjson.dumps(line | {"bytes": len(text)}).decode())
    else:
        what = f"{len(charts.persons)} patients, {charts.size} resources"
        typer.echo(f"{what} in {out} ({len(text) // 1000} kB); open it in a browser")


def _read(world: str, salt_file: Path | None, patients: str) -> tuple[Charts, list[Person]]:
    source = read_world_named(world, salt_file)
    charts = read_charts(source.resources, digest=source.digest, now=source.now)
    if not charts.persons:
        raise Invalid(f"{world} holds no Patient: there is nobody to describe")
    return charts, chosen_people(charts, patients)
