"""`ehr-sandbox seed`: write one world as files."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from ehr_sandbox.commands.options import Json, SaltFile, TaskWord
from ehr_sandbox.generators import GENERATORS
from ehr_sandbox.salt import read_salt
from ehr_sandbox.selection import select
from ehr_sandbox.world_files import require_empty, write_truth, write_world
from fhir_r4 import Fault
from fhir_seed import ShapeMemo


def command(
    task: TaskWord,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder.")],
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="FILE", help="Also write the truth, outside DIR.")
    ] = None,
    salt_file: SaltFile = None,
    json: Json = False,
) -> None:
    """Write a world as NDJSON per resource type and a manifest with hashes; the truth only with --truth."""
    address = select(task, GENERATORS).one()
    require_empty(out)
    salt = read_salt(salt_file)
    built = GENERATORS[address.suite].build(salt, address)
    problems = list(ShapeMemo().problems_in(built.world))
    if problems:
        raise Fault(f"the generator wrote an invalid resource, please report it: {problems[0]}")
    if truth is not None:
        write_truth(built.truth, truth, out)
    manifest = write_world(built.world, out)
    if json:
        line = {"manifest": str(manifest), "digest": built.world.digest, "counts": dict(built.world.counts)}
        typer.echo(orjson.dumps(line).decode())
    else:
        typer.echo(f"{built.world.size} resources in {out} (digest {built.world.digest[:12]}...)")
        typer.echo(f"load them with: ehr-sandbox load {out} --fhir-url http://127.0.0.1:8802/fhir")
