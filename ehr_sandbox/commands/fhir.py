"""`ehr-sandbox fhir`: a world, a folder or a Bundle as a plain FHIR R4 server."""

import asyncio
import signal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from ehr_sandbox.commands.options import Json, SaltFile
from ehr_sandbox.salt import read_salt
from ehr_sandbox.selection import select
from ehr_sandbox.serving import bind, port_of, serving
from ehr_sandbox.suites import SUITES
from ehr_sandbox.urls import url_of
from ehr_sandbox.world_files import world_of
from fhir_r4 import HAPI, R4, Rules, World
from fhir_server import EmbeddedBackend, fhir_app, read_source

DEFAULT_NOW = "2026-03-02T14:00:00Z"
"""The virtual now of data that brings none of its own."""


class RulesWord(StrEnum):
    """hapi: as HAPI 8.8 answers, its departures from the specification included. r4: by the specification."""

    HAPI = "hapi"
    R4 = "r4"


_RULES: dict[RulesWord, Rules] = {RulesWord.HAPI: HAPI, RulesWord.R4: R4}


def command(
    source: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="suite/variant/index, a folder, or a Bundle. None: empty.")
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Address to bind; loopback unless you mean it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", help="0 takes a free one.")] = 8802,
    rules: Annotated[
        RulesWord, typer.Option(help="Answer as HAPI does, or by the letter of FHIR R4.")
    ] = RulesWord.HAPI,
    salt_file: SaltFile = None,
    json: Json = False,
) -> None:
    """Serve data as a FHIR R4 server under /fhir: read, search, write. It lives in memory and ends with the process."""
    asyncio.run(_serve(_world(source, salt_file), EmbeddedBackend(rules=_RULES[rules]), host, port, json))


def _world(source: str | None, salt_file: Path | None) -> World:
    if source is None:
        return world_of((), DEFAULT_NOW)
    if Path(source).exists():
        read = read_source(Path(source))
        return World(now=read.now or DEFAULT_NOW, resources=read.resources, counts=read.counts, digest=read.digest)
    address = select(source).one()
    return SUITES[address.suite].build(read_salt(salt_file), address).world


async def _serve(world: World, backend: EmbeddedBackend, host: str, port: int, is_json: bool) -> None:
    listener = bind(host, port)
    base = url_of(host, port_of(listener)) + "/fhir"
    store = await backend.fork(await backend.load(world), base)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with serving(fhir_app(backend, store), listener):
        _announce(base, world.size, is_json)
        await stopped.wait()


def _announce(base: str, resources: int, is_json: bool) -> None:
    if is_json:
        typer.echo(orjson.dumps({"fhir_url": base, "resources": resources}).decode())
    else:
        typer.echo(f"FHIR R4 server at {base} with {resources} resources; try: curl '{base}/Patient?_count=2'")
