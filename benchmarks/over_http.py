"""The same requests over one keep-alive connection, of any FHIR server that holds the world."""

from collections.abc import Callable

from benchmarks.connection import Connection
from benchmarks.metrics import Values
from benchmarks.queries import Queries
from benchmarks.scale import Scale
from benchmarks.timing import least, p50
from fhir_r4 import Request

WARM_UP = 100
"""Requests before the clock starts; a JVM needs some."""


def measure(base_url: str, ask: Queries, scale: Scale) -> Values:
    with Connection(base_url) as connection:

        def p50_us(requests: Callable[[int, int], list[Request]]) -> float:
            number = min(WARM_UP, scale.http_calls)
            for request in requests(number, 0):
                connection.ask(connection.written(request))
            timed = [connection.written(request) for request in requests(scale.http_calls, number)]
            return p50(connection.ask, timed) * 1e6

        return {
            "http_read": p50_us(ask.reads),
            "http_search": p50_us(ask.searches),
            "http_page": p50_us(ask.pages),
            "http_population": p50_us(ask.populations),
            "http_write": p50_us(ask.creates),
        }


BATCH, BATCHES = 50, 40


def rate(base_url: str, ask: Queries) -> Values:
    """Requests per second of one server process that always has a next one waiting; the best of some batches."""
    with Connection(base_url) as connection:
        pages = [connection.written(request) for request in ask.pages(BATCH * BATCHES)]
        batches = [pages[start : start + BATCH] for start in range(0, len(pages), BATCH)]
        return {"http_rate": BATCH / least(connection.ask_at_once, batches)}
