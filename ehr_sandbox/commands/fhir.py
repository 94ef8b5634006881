"""`ehr-sandbox fhir`: a world, a folder or a Bundle as a plain FHIR R4 server."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from ehr_sandbox.commands.options import Json, SaltFile
from ehr_sandbox.serving import bind, port_of, serving, url_of
from ehr_sandbox.world_cache import WorldCache, user_folder
from fhir_r4 import HAPI, R4, Rules, World, digest
from fhir_server import EmbeddedBackend, fhir_app, read_source

DEFAULT_NOW = "2026-03-02T14:00:00Z"
"""The virtual now of data that brings none of its own."""

_KEPT_WORLDS = 4
_PUBLISHED = "published"
"""Stands for the salt that every copy of this program has."""


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
    cache: Annotated[
        bool, typer.Option(help="Keep the last few tasks' worlds on disk for a faster start; never sealed ones.")
    ] = True,
    json: Json = False,
) -> None:
    """Serve data as a FHIR R4 server under /fhir: read, search, write. It lives in memory and ends with the process."""
    backend = EmbeddedBackend(rules=_RULES[rules])
    asyncio.run(_serve(_source(source, salt_file, cache), backend, host, port, json))


@dataclass(frozen=True)
class _Source:
    """What is served. keep: what is left to do once it is."""

    world: World
    keep: Callable[[], None] = lambda: None


def _source(source: str | None, salt_file: Path | None, cache: bool) -> _Source:
    if source is None:
        return _Source(World(now=DEFAULT_NOW, resources=(), counts={}, digest=digest([])))
    if Path(source).exists():
        read = read_source(Path(source))
        return _Source(World(read.now or DEFAULT_NOW, read.resources, read.counts, read.digest))
    return _cached(source) if cache and salt_file is None else _Source(_built(source, salt_file))


def _cached(task: str) -> _Source:
    try:
        worlds = WorldCache(user_folder(), _KEPT_WORLDS)
        found = worlds.find(_PUBLISHED, task)
    except OSError:  # a folder that cannot be used makes the start slower, no more
        return _Source(_built(task, None))
    if found is not None:
        return _Source(found)
    world = _built(task, None)
    return _Source(world, lambda: worlds.keep(_PUBLISHED, task, world))


def _built(task: str, salt_file: Path | None) -> World:
    from ehr_sandbox.task_world import task_world  # here: importing what builds a world takes half as long as the rest

    return task_world(task, salt_file)


async def _serve(source: _Source, backend: EmbeddedBackend, host: str, port: int, is_json: bool) -> None:
    listener = bind(host, port)
    base = url_of(host, port_of(listener)) + "/fhir"
    store = await backend.fork(await backend.load(source.world), base)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with serving(fhir_app(backend, store), listener):
        _announce(base, source.world.size, is_json)
        with suppress(OSError):
            await asyncio.to_thread(source.keep)
        await stopped.wait()


def _announce(base: str, resources: int, is_json: bool) -> None:
    if is_json:
        typer.echo(orjson.dumps({"fhir_url": base, "resources": resources}).decode())
    else:
        typer.echo(f"FHIR R4 server at {base} with {resources} resources; try: curl '{base}/Patient?_count=2'")
