"""An episode after random writes answers random searches as a store that is loaded afresh with what it holds.

EHR_SANDBOX_STORE_CHECKS sets how many searches are compared (2000).
"""

import os
from typing import Any

import orjson

from fhir_r4 import Request, World, dump_exact
from fhir_seed.stream import Stream
from fhir_server import EmbeddedBackend
from fhir_server.store import EpisodeStore
from tests.conformance.random_chart import chart_world
from tests.conformance.random_requests import JSON, Asked, search, write
from tests.conformance.recorded import world_of_rows
from tests.conftest import Tally

CHECKS = int(os.environ.get("EHR_SANDBOX_STORE_CHECKS", "2000"))
WRITES, SEARCHES = 15, 50
BASE = "http://x/fhir"


async def test_an_episode_answers_as_a_store_with_the_same_resources(tally: Tally) -> None:
    found: list[str] = []
    for number in range(max(1, CHECKS // SEARCHES)):
        found += await _differing(Stream(str(number).encode(), "rebuilt"))
    tally(f"searches after writes compared with a rebuilt store: {max(1, CHECKS // SEARCHES) * SEARCHES}")
    assert found == []


async def _differing(stream: Stream) -> list[str]:
    world = chart_world(stream)
    backend = EmbeddedBackend()
    store = backend.fork_now(await backend.load(world), BASE)
    for _ in range(WRITES):
        _send(backend, store, write(stream))
    fresh = backend.fork_now(await backend.load(_world_of(world, store)), BASE)
    asked = [one for one in (search(stream) for _ in range(SEARCHES)) if "_id:not" not in one.url]  # knows the deleted
    return [one.url for one in asked if _seen(backend, store, one) != _seen(backend, fresh, one)]


def _world_of(world: World, store: EpisodeStore) -> World:
    """The world with the changes of the episode."""
    rows = {_reference(row): row for row in world.resources}
    for reference, change in store.changes().items():
        if change.after is None:
            del rows[reference]
        else:
            rows[reference] = change.after
    return world_of_rows(list(rows.values()))


def _reference(row: bytes) -> str:
    node = orjson.loads(row)
    return f"{node['resourceType']}/{node['id']}"


def _send(backend: EmbeddedBackend, store: EpisodeStore, asked: Asked) -> Any:
    path, _, query = asked.url.partition("?")
    body = None if asked.body is None else dump_exact(asked.body).encode()
    response = backend.answer(store, Request(asked.method, path, query, JSON | dict(asked.headers), body))
    return response.status, orjson.loads(response.body) if response.body else {}


def _seen(backend: EmbeddedBackend, store: EpisodeStore, asked: Asked) -> Any:
    """The status, the total, and the entries, in order where the search sorts."""
    status, node = _send(backend, store, asked)
    rows = [(entry["fullUrl"], entry["search"]["mode"]) for entry in node.get("entry", ())]
    matches = [url for url, mode in rows if mode == "match"]
    included = sorted(url for url, mode in rows if mode == "include")
    return status, node.get("total"), matches if "_sort=" in asked.url else sorted(matches), included
