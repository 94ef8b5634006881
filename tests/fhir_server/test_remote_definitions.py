"""A server that lacks the search parameters of a guide is given them before a world is loaded."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from fhir_r4 import HAPI, Request, Rules, World
from fhir_server import EmbeddedBackend, fhir_app
from fhir_server.remote import RemoteBackend
from tests.conformance.recorded import empty_world

BASE = "http://upstream.example/fhir"


async def definitions(rules: Rules, world: World) -> tuple[int, bool]:
    """How many the server holds after the load, and whether it is still seen to hold just the world."""
    backend = EmbeddedBackend(rules=rules)
    store = await backend.fork(await backend.load(empty_world()), BASE)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(fhir_app(backend, store))) as client:
        remote = RemoteBackend(BASE, client=client, reset="undo")
        handle = await remote.load(world)
        await remote.load(world)
        held = (await client.get(f"{BASE}/SearchParameter?_summary=count")).json()["total"]
        return held, await remote.verify(handle) == world.digest


async def test_what_it_lacks_is_written_once_and_is_no_part_of_the_world(ward: Callable[..., World]) -> None:
    assert await definitions(replace(HAPI, guides=()), ward()) == (7, True)


async def test_what_it_knows_is_not_written(ward: Callable[..., World]) -> None:
    assert await definitions(HAPI, ward()) == (0, True)


@pytest.mark.hapi
async def test_a_hapi_that_lacks_them_searches_by_them_afterwards(
    start_hapi: Callable[[Path], AbstractContextManager[tuple[str, int]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ward: Callable[..., World],
) -> None:
    monkeypatch.setenv("HAPI_US_CORE", "false")
    with start_hapi(tmp_path) as (url, _):
        assert httpx.get(f"{url}/Patient?race:missing=true").status_code == 400
        backend = RemoteBackend(url, reset="undo")
        store = await backend.fork(await backend.load(ward()), BASE)
        answer = await backend.send(store, Request("GET", "Patient", "race:missing=true&_summary=count"))
        await backend.aclose()
    assert (answer.status, b'"total":3' in answer.body) == (200, True)
