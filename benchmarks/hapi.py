"""A real HAPI FHIR server: load, reset, the same requests over HTTP, and a whole episode on it."""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from benchmarks import episodes, over_http
from benchmarks.generation import build
from benchmarks.metrics import Values
from benchmarks.queries import queries_on
from benchmarks.say import say
from benchmarks.scale import Scale, tiny
from benchmarks.timing import p50_async
from fhir_r4 import World
from fhir_server.remote import RemoteBackend

_RESETS = 10


def measure(base_url: str, scale: Scale) -> Values:
    """`load` is the writing alone; the proof that the server holds the world is extra."""
    values: dict[str, float] = {}
    world = build(scale.world)
    say(f"HAPI: load {world.size} resources, and prove that they are there (about two minutes for the large world)")
    if scale.world != tiny(0):
        values["load"] = world.size / asyncio.run(_load_seconds(base_url, world))
    small = build(tiny(0))
    values["load_tiny"] = small.size / asyncio.run(_load_seconds(base_url, small))
    values.setdefault("load", values["load_tiny"])
    say("HAPI: reset, requests, episodes")
    values["fork"] = asyncio.run(_reset_seconds(base_url, world, min(_RESETS, scale.episodes))) * 1e6
    values |= over_http.measure(base_url, queries_on(world), replace(scale, http_calls=scale.hapi_calls))
    with tempfile.TemporaryDirectory() as records:
        played = asyncio.run(episodes.over_http(scale, Path(records), base_url, is_new=False))
    return values | {"episode_http": played}


async def _load_seconds(base_url: str, world: World) -> float:
    """Until the last resource is written."""
    written = start = perf_counter()

    def note(done: int, total: int) -> None:
        nonlocal written
        written = perf_counter()

    backend = RemoteBackend(base_url)
    await backend.load(world, note)
    await backend.aclose()
    return written - start


async def _reset_seconds(base_url: str, world: World, number: int) -> float:
    """Reset in place, and the proof that the state is the loaded one; at the end the world is as new."""
    backend = RemoteBackend(base_url)
    handle = await backend.load(world)

    async def reset(_: int) -> None:
        await backend.close(await backend.fork(handle, "http://127.0.0.1/fhir"))

    await reset(0)
    seconds = await p50_async(reset, range(number))
    await backend.aclose()
    return seconds
