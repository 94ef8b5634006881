"""How the figures grow with the world, with the open episodes, and with the page.

Every world is loaded in a fresh process that streams it from a file: `python -m benchmarks.growth FILE COUNT NOW`.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import orjson

from benchmarks.generation import build
from benchmarks.lines import Lines
from benchmarks.machine import ROOT
from benchmarks.memory import resident_kb
from benchmarks.metrics import Curve, Values
from benchmarks.queries import CODES, Queries, queries_on
from benchmarks.scale import Scale, tiny
from benchmarks.tiling import write_tiled
from benchmarks.timing import p50
from fhir_r4 import Request, World
from fhir_server import EmbeddedBackend
from fhir_server.embedded import EmbeddedHandle
from fhir_server.store import EpisodeStore

CALLS = 2000


def measure(scale: Scale) -> dict[str, Curve]:
    return {"resources": by_resources(scale), "episodes": by_episodes(scale), "page": by_page_size(scale)}


def largest(curves: dict[str, Curve]) -> Values:
    """The figures of the largest world; its search in proportion to that of a world of about 45,000 resources."""
    curve = dict(curves["resources"])
    most = curve[max(curve)]
    usual = curve[min(curve, key=lambda number: abs(number - _USUAL))]
    return {
        "largest_load": most["load"],
        "largest_memory": most["memory"] / 1000,
        "largest_search": most["count"] / usual["count"],
    }


_USUAL = 45_000


def by_resources(scale: Scale) -> Curve:
    """Worlds of growing size: copies of a tiny one, all alike but for their ids."""
    world = build(tiny(0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world.ndjson"
        write_tiled(path, world, max(scale.sizes))
        return [(number, _in_fresh_process(path, number, world.now)) for number in scale.sizes]


def _in_fresh_process(path: Path, number: int, now: str) -> Values:
    command = [sys.executable, "-m", "benchmarks.growth", str(path), str(number), now]
    values: dict[str, float] = orjson.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    return values


def in_this_process(path: Path, number: int, now: str) -> Values:
    """Processor seconds of loading, MB that this process holds then, p50 in us of searches that are all different."""
    world = World(now, Lines(path, number), {"Resource": number}, "0" * 64)
    backend = EmbeddedBackend()
    start = process_time()
    handle = asyncio.run(backend.load(world))
    seconds = process_time() - start
    held = resident_kb() / 1024
    store = backend.fork_now(handle, "http://127.0.0.1:8800/episodes/e0/fhir")
    return {"load": seconds, "memory": held, **_searches(backend, store, queries_on(world))}


def _searches(backend: EmbeddedBackend, store: EpisodeStore, ask: Queries) -> Values:
    def us(requests: Callable[[int, int], list[Request]]) -> float:
        for request in requests(100, 0):
            backend.answer(store, request)
        return p50(lambda request: backend.answer(store, request), requests(CALLS, 100)) * 1e6

    return {
        "count": us(lambda number, start: ask.searches(number, start, "&_summary=count")),
        "page": us(ask.pages),
    }


def by_episodes(scale: Scale) -> Curve:
    """Open episodes with 20 writes each: MB of all of them, p50 in us of a search in each in turn."""
    world = build(scale.world)
    ask = queries_on(world)
    backend = EmbeddedBackend()
    handle = asyncio.run(backend.load(world))
    stores: list[EpisodeStore] = []
    start = resident_kb()
    return [(number, _with_episodes(backend, handle, ask, stores, number, start)) for number in scale.open_episodes]


def _with_episodes(
    backend: EmbeddedBackend,
    handle: EmbeddedHandle,
    ask: Queries,
    stores: list[EpisodeStore],
    number: int,
    start: float,
) -> Values:
    """Opens as many as are missing to `number`. start: kB that this process held before the first."""
    for n in range(len(stores), number):
        store = backend.fork_now(handle, f"http://127.0.0.1:8800/episodes/{n:021}/fhir")
        for request in ask.creates(20, n):
            backend.answer(store, request)
        stores.append(store)
    held = resident_kb() - start
    turns = [(stores[n % number], request) for n, request in enumerate(ask.pages(CALLS))]
    return {"memory": held / 1024, "page": p50(lambda turn: backend.answer(*turn), turns) * 1e6}


def by_page_size(scale: Scale) -> Curve:
    """p50 in us of the first page of one test's results of everybody, and of each entry."""
    world = build(scale.world)
    backend = EmbeddedBackend()
    store = backend.fork_now(asyncio.run(backend.load(world)), "http://127.0.0.1:8800/episodes/e0/fhir")
    return [(size, _pages_of(size, lambda request: backend.answer(store, request))) for size in scale.page_sizes]


def _pages_of(size: int, ask: Callable[[Request], object]) -> Values:
    requests = [Request("GET", "Observation", f"code={CODES[n % len(CODES)]}&_count={size}") for n in range(300)]
    us = p50(ask, requests) * 1e6
    return {"whole": us, "entry": us / size}


if __name__ == "__main__":
    print(orjson.dumps(in_this_process(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])).decode())
