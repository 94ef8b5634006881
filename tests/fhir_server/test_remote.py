"""The remote backend on a real HAPI: worlds by template with reset in place, and undo where there is no such thing."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from fhir_r4 import BackendDown, Busy, Change, Conflict, Gone, Request, World
from fhir_server.remote import RemoteBackend, RemoteStore

BASE = "http://127.0.0.1:8801/episodes/e1/fhir"
JSON = {"content-type": "application/fhir+json"}
Ward = Callable[..., World]


@pytest.fixture
async def in_place(hapi: str) -> AsyncIterator[RemoteBackend]:
    backend = RemoteBackend(hapi)
    yield backend
    await backend.aclose()


@pytest.fixture
async def undoing(empty_hapi: str) -> AsyncIterator[RemoteBackend]:
    backend = RemoteBackend(empty_hapi, reset="undo")
    yield backend
    await backend.aclose()


@pytest.fixture(params=["in_place", "undoing"])
def backend(request: pytest.FixtureRequest) -> RemoteBackend:
    found: RemoteBackend = request.getfixturevalue(request.param)
    return found


async def ask(
    backend: RemoteBackend, store: RemoteStore, method: str, path: str, query: str = "", body: str = ""
) -> int:
    return (await backend.send(store, Request(method, path, query, JSON, body.encode() or None))).status


async def write_everything(backend: RemoteBackend, store: RemoteStore) -> list[int]:
    """One write of every kind."""
    patch = Request("PATCH", "Patient/p1", "", {"content-type": "application/json-patch+json"})
    patch = Request(**{**vars(patch), "body": b'[{"op":"replace","path":"/active","value":false}]'})
    entries = [
        {
            "fullUrl": "urn:uuid:1",
            "resource": {"resourceType": "Patient", "active": True},
            "request": {"method": "POST", "url": "Patient"},
        },
        {
            "resource": {
                "resourceType": "Observation",
                "id": "o2-0",
                "status": "amended",
                "code": {"text": "x"},
                "subject": {"reference": "urn:uuid:1"},
            },
            "request": {"method": "PUT", "url": "Observation/o2-0"},
        },
    ]
    bundle = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    return [
        await ask(backend, store, "POST", "Patient", body='{"resourceType":"Patient","active":false}'),
        await ask(backend, store, "PUT", "Patient/p0", body='{"resourceType":"Patient","id":"p0"}'),
        await ask(backend, store, "PUT", "Patient/new", body='{"resourceType":"Patient","id":"new"}'),
        (await backend.send(store, patch)).status,
        await ask(backend, store, "DELETE", "Observation/o0-0"),
        await ask(backend, store, "DELETE", "Observation", "_id=o0-1"),
        await ask(backend, store, "PUT", "Patient", "_id=p2", '{"resourceType":"Patient","gender":"male"}'),
        await ask(backend, store, "POST", "", body=bundle),
    ]


WRITTEN = [
    "Observation/o0-0",
    "Observation/o0-1",
    "Observation/o2-0",
    "Patient/new",
    "Patient/p0",
    "Patient/p1",
    "Patient/p2",
]


@pytest.mark.hapi
async def test_every_write_is_a_change_and_is_gone_in_the_next_episode(backend: RemoteBackend, ward: Ward) -> None:
    handle = await backend.load(ward())
    store = await backend.fork(handle, BASE)
    assert await write_everything(backend, store) == [201, 200, 201, 200, 200, 200, 200, 200]
    changes = await backend.changes(store)
    numbered = [ref for ref, change in changes.items() if change.before is None and ref != "Patient/new"]
    assert sorted(changes.keys() - set(numbered)) == WRITTEN
    assert len(numbered) == 2
    assert changes["Observation/o0-0"].after is None
    await backend.close(store)

    after = await backend.fork(handle, BASE)
    assert await backend.changes(after) == {}
    assert await backend.verify(handle) == handle.digest
    await backend.close(after)


@pytest.mark.hapi
async def test_reset_in_place_forgets_versions_and_numbers(in_place: RemoteBackend, ward: Ward) -> None:
    handle = await in_place.load(ward())
    assert in_place.name == "hapi"
    seen = []
    for _ in range(2):
        store = await in_place.fork(handle, BASE)
        answer = await in_place.send(store, Request("POST", "Patient", "", JSON, b'{"resourceType":"Patient"}'))
        seen.append(answer.headers["location"])
        await in_place.close(store)
    assert seen[0] == seen[1]
    assert in_place.not_put_back == ()


@pytest.mark.hapi
async def test_undo_says_what_it_cannot_put_back(undoing: RemoteBackend, ward: Ward) -> None:
    handle = await undoing.load(ward())
    assert undoing.name == "fhir"
    store = await undoing.fork(handle, BASE)
    await ask(undoing, store, "PUT", "Patient/p0", body='{"resourceType":"Patient","id":"p0"}')
    await ask(undoing, store, "PUT", "Patient/new", body='{"resourceType":"Patient","id":"new"}')
    await undoing.close(store)
    assert undoing.not_put_back == (
        "Patient/p0 was written: its versions and meta.lastUpdated stay",
        "Patient/new was created and deleted: its history and its number stay used",
    )


@pytest.mark.hapi
async def test_created_resources_that_refer_to_each_other_are_undone(undoing: RemoteBackend, ward: Ward) -> None:
    handle = await undoing.load(ward())
    store = await undoing.fork(handle, BASE)
    for name, other in (("a", ""), ("b", "a"), ("a", "b")):
        link = f',"partOf":{{"reference":"Organization/{other}"}}' if other else ""
        body = f'{{"resourceType":"Organization","id":"{name}","name":"x"{link}}}'
        assert await ask(undoing, store, "PUT", f"Organization/{name}", body=body) in (200, 201)
    await undoing.close(store)
    await undoing.close(await undoing.fork(handle, BASE))
    assert await undoing.verify(handle) == handle.digest


@pytest.mark.hapi
async def test_worlds_change_by_template(in_place: RemoteBackend, ward: Ward) -> None:
    first, second = await in_place.load(ward(2, "first")), await in_place.load(ward(4, "second"))
    for handle, patients in ((second, 4), (first, 2), (second, 4)):
        store = await in_place.fork(handle, BASE)
        answer = await in_place.send(store, Request("GET", "Patient", "_summary=count"))
        assert json.loads(answer.body)["total"] == patients
        await in_place.close(store)


@pytest.mark.hapi
async def test_other_servers_hold_one_world(undoing: RemoteBackend, empty_hapi: str, ward: Ward) -> None:
    await undoing.load(ward())
    again = RemoteBackend(empty_hapi, reset="undo")
    assert (await again.load(ward())).digest == ward().digest
    with pytest.raises(Conflict, match="holds something else already.*Start it with an empty database"):
        await again.load(ward(3, "another"))
    await again.aclose()


@pytest.mark.hapi
async def test_half_loaded_world_is_completed(undoing: RemoteBackend, empty_hapi: str, ward: Ward) -> None:
    async with httpx.AsyncClient() as client:
        await client.put(f"{empty_hapi}/Patient/p0", content=ward().resources[0], headers=JSON)  # type: ignore[index]
    handle = await undoing.load(ward())
    assert await undoing.verify(handle) == ward().digest


@pytest.mark.hapi
async def test_foreign_writes_are_noticed_before_the_next_episode(
    undoing: RemoteBackend, empty_hapi: str, ward: Ward
) -> None:
    handle = await undoing.load(ward())
    async with httpx.AsyncClient() as client:
        await client.delete(f"{empty_hapi}/Observation/o1-1")
    with pytest.raises(Conflict, match="Observation: 5 instead of 6"):
        await undoing.fork(handle, BASE)


@pytest.mark.hapi
async def test_one_episode_at_a_time(backend: RemoteBackend, ward: Ward) -> None:
    handle = await backend.load(ward())
    store = await backend.fork(handle, BASE)
    with pytest.raises(Busy, match="one episode at a time"):
        await backend.fork(handle, BASE)
    await backend.close(store)
    with pytest.raises(Gone, match="closed"):
        await backend.send(store, Request("GET", "Patient"))
    await backend.close(await backend.fork(handle, BASE))


@pytest.mark.hapi
async def test_nothing_else_starts_while_a_world_is_loaded(in_place: RemoteBackend, ward: Ward) -> None:
    handle = await in_place.load(ward())
    loading, fork, load = await asyncio.gather(
        in_place.load(ward(5, "slow")),
        in_place.fork(handle, BASE),
        in_place.load(ward(2, "late")),
        return_exceptions=True,
    )
    assert (type(fork), type(load)) == (Busy, Busy)
    assert not isinstance(loading, BaseException)
    await in_place.close(await in_place.fork(loading, BASE))
    assert await in_place.verify(loading) == loading.digest


@pytest.mark.hapi
async def test_a_second_process_takes_over_only_what_is_idle(in_place: RemoteBackend, hapi: str, ward: Ward) -> None:
    """The second client waits as long as the first is active; a first one that said nothing for long is told."""
    handle = await in_place.load(ward())
    store = await in_place.fork(handle, BASE)
    second = RemoteBackend(hapi)
    other = await second.fork(handle, BASE)
    with pytest.raises(Conflict, match="another client has reset"):
        await in_place.send(store, Request("GET", "Patient"))
    await second.close(other)
    await second.aclose()
    await in_place.close(store)


@pytest.mark.hapi
async def test_links_and_pages_belong_to_the_episode(backend: RemoteBackend, ward: Ward) -> None:
    handle = await backend.load(ward())
    store = await backend.fork(handle, BASE)
    first = await backend.send(store, Request("GET", "Observation", "_count=4&_sort=_id"))
    following = next(row["url"] for row in json.loads(first.body)["link"] if row["relation"] == "next")
    assert following.startswith(f"{BASE}?_getpages=")
    page = Request("GET", "", urlsplit(following).query)
    second = await backend.send(store, page)
    assert [r.reference for r in first.returned + second.returned] == [
        f"Observation/o{n}-{k}" for n in range(3) for k in (0, 1)
    ]
    await backend.close(store)
    store = await backend.fork(handle, BASE)
    assert (await backend.send(store, page)).status == 410
    await backend.close(store)


@pytest.mark.hapi
async def test_answers_do_not_tell_who_is_upstream(backend: RemoteBackend, hapi: str, ward: Ward) -> None:
    store = await backend.fork(await backend.load(ward()), BASE)
    upstream = urlsplit(hapi).netloc.encode()
    for path, query in (
        ("Patient/p0", ""),
        ("Patient", "name=w"),
        ("Patient/none", ""),
        ("Foo", ""),
        ("metadata", ""),
        ("", ""),
    ):
        answer = await backend.send(store, Request("GET", path, query))
        assert upstream not in answer.body
        assert answer.headers.keys() <= {"content-type", "etag", "last-modified", "content-location"}
    await backend.close(store)


@pytest.mark.hapi
async def test_decimals_pass_as_written_and_changes_keep_them(backend: RemoteBackend, ward: Ward) -> None:
    store = await backend.fork(await backend.load(ward()), BASE)
    assert b'"value":60.50' in (await backend.send(store, Request("GET", "Observation/o0-0"))).body.replace(b" ", b"")
    await ask(backend, store, "DELETE", "Observation/o0-0")
    change = (await backend.changes(store))["Observation/o0-0"]
    assert change == Change(ward().resources[3], None)  # type: ignore[index]
    await backend.close(store)


@pytest.mark.hapi
async def test_a_search_sees_what_was_just_written(backend: RemoteBackend, ward: Ward) -> None:
    store = await backend.fork(await backend.load(ward()), BASE)
    for count in (3, 4, 5):
        assert json.loads((await backend.send(store, Request("GET", "Patient", "active=true"))).body)["total"] == count
        await ask(backend, store, "POST", "Patient", body='{"resourceType":"Patient","active":true}')
    await backend.close(store)


@pytest.mark.hapi
async def test_world_with_a_refused_resource_is_not_sealed(in_place: RemoteBackend, hapi: str, ward: Ward) -> None:
    good = ward()
    resources = (*good.resources, b'{"id":"42","resourceType":"Patient"}')
    bad = World(good.now, resources, {"Patient": 4, "Observation": 6}, "0c" * 32)
    with pytest.raises(Conflict, match="refused 1 of 10 resources: Patient/42: HTTP 400 HAPI-0960"):
        await in_place.load(bad)
    assert "0c" * 32 not in httpx.get(urljoin(hapi, "/sandbox/worlds")).json()["worlds"]


async def test_unreachable_server_is_backend_down(ward: Ward) -> None:
    backend = RemoteBackend("http://127.0.0.1:9/fhir")
    with pytest.raises(BackendDown, match="not reachable .* start it"):
        await backend.load(ward())
    await backend.aclose()


@pytest.mark.parametrize(
    ("status", "content", "says"),
    [(503, b"", "answered HTTP 503"), (404, b"<html>", "not a FHIR base URL")],
)
async def test_server_that_is_not_ready_is_backend_down(ward: Ward, status: int, content: bytes, says: str) -> None:
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(status, content=content)))
    with pytest.raises(BackendDown, match=says):
        await RemoteBackend("http://fhir.example/fhir", client=client).load(ward())


@pytest.mark.hapi
@pytest.mark.slow
async def test_sealed_worlds_survive_a_kill_and_half_loaded_ones_do_not_count(
    start_hapi: Callable[[Path], AbstractContextManager[tuple[str, int]]], tmp_path: Path, ward: Ward
) -> None:
    with start_hapi(tmp_path) as (url, process):
        backend = RemoteBackend(url)
        handle = await backend.load(ward())
        httpx.post(urljoin(url, f"/sandbox/worlds/{'b' * 64}"))
        httpx.put(f"{url}/Patient/half", content=b'{"resourceType":"Patient","id":"half"}', headers=JSON)
        os.kill(process, signal.SIGKILL)
        with pytest.raises(BackendDown):
            await backend.fork(handle, BASE)
        await backend.aclose()
    with start_hapi(tmp_path) as (url, _):
        assert httpx.get(urljoin(url, "/sandbox/worlds")).json()["worlds"] == [ward().digest]
        backend = RemoteBackend(url)
        await backend.close(await backend.fork(handle, BASE))
        assert await backend.verify(handle) == handle.digest
        await backend.aclose()


@pytest.mark.hapi
@pytest.mark.parametrize(
    ("method", "route", "status"),
    [
        ("POST", "reset?world=" + "0" * 64, 404),
        ("POST", "reset?world=..%2Fempty", 400),
        ("POST", "reset", 400),
        ("POST", "worlds/empty", 400),
        ("POST", "worlds/" + "0" * 64 + "/seal", 409),
        ("GET", "nothing", 404),
    ],
)
def test_bad_swaps_are_refused_with_a_reason(hapi: str, method: str, route: str, status: int) -> None:
    answer = httpx.request(method, urljoin(hapi, "/sandbox/") + route)
    if answer.status_code == 503:
        pytest.fail("an earlier test left an episode open")
    assert answer.status_code == status
    assert answer.json()["error"]


class Interrupted(httpx.AsyncBaseTransport):
    """A network that can go away."""

    def __init__(self) -> None:
        self.is_up = True
        self.wire = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.is_up:
            raise httpx.ConnectError("no route", request=request)
        return await self.wire.handle_async_request(request)

    async def aclose(self) -> None:
        await self.wire.aclose()


@pytest.mark.hapi
async def test_writes_that_could_not_be_undone_at_the_end_are_undone_before_the_next_episode(
    empty_hapi: str, ward: Ward
) -> None:
    network = Interrupted()
    async with httpx.AsyncClient(transport=network, timeout=60) as client:
        backend = RemoteBackend(empty_hapi, reset="undo", client=client)
        handle = await backend.load(ward())
        store = await backend.fork(handle, BASE)
        await ask(backend, store, "DELETE", "Observation/o0-0")
        network.is_up = False
        with pytest.raises(BackendDown):
            await backend.send(store, Request("GET", "Patient"))
        await backend.close(store)
        network.is_up = True
        await backend.close(await backend.fork(handle, BASE))
        assert await backend.verify(handle) == handle.digest
