"""The embedded engine in this process, without HTTP: fork, read, search, write, and a whole episode's worth of them."""

import asyncio
from collections.abc import Callable

from benchmarks.generation import build
from benchmarks.metrics import Values
from benchmarks.queries import queries_on
from benchmarks.scale import Scale
from benchmarks.timing import p50
from fhir_r4 import Request
from fhir_server import EmbeddedBackend

BASE = "http://127.0.0.1:8800/episodes/e0/fhir"


def measure(scale: Scale) -> Values:
    world = build(scale.world)
    ask = queries_on(world)
    backend = EmbeddedBackend()
    handle = asyncio.run(backend.load(world))
    store = backend.fork_now(handle, BASE)

    def send(request: Request) -> None:
        answer = backend.answer(store, request)
        assert answer.status < 300, answer.body

    def one_episode(requests: list[Request]) -> None:
        mine = backend.fork_now(handle, BASE)
        for request in requests:
            backend.answer(mine, request)
        assert len(mine.changes()) == 5

    def send_both(requests: tuple[Request, Request]) -> None:
        for request in requests:
            send(request)

    def p50_us(requests: Callable[[int, int], list[Request]]) -> float:
        for request in requests(20, 0):
            send(request)
        return p50(send, requests(scale.calls, 20)) * 1e6

    whole = [ask.pages(15, n * 15) + ask.searches(15, n * 15) + ask.creates(5, n * 5) for n in range(scale.http_calls)]
    found = zip(ask.creates(scale.calls, 20), ask.searches(scale.calls, 20, "&_summary=count"), strict=True)
    return {
        "fork": p50(lambda _: backend.fork_now(handle, BASE), range(scale.forks)) * 1e6,
        "read": p50_us(ask.reads),
        "count": p50_us(lambda number, start: ask.searches(number, start, "&_summary=count")),
        "search": p50_us(ask.searches),
        "page": p50_us(ask.pages),
        "population": p50_us(ask.populations),
        "write": p50_us(ask.creates),
        "write_found": p50(send_both, tuple(found)) * 1e6,
        "engine_episode": p50(one_episode, whole) * 1e3,
    }
