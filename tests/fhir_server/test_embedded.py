import orjson
import pytest

from fhir_r4 import Invalid, Request, World
from fhir_server import EmbeddedBackend
from tests.helpers.fhir import NOW, observation, patient, world_of

BASE = "http://x/fhir"


async def test_a_world_is_indexed_once_per_digest() -> None:
    backend, world = EmbeddedBackend(), world_of([patient("a")])
    assert await backend.load(world) is await backend.load(world_of([patient("a")]))
    assert await backend.load(world_of([patient("a")], now="2027-01-01T00:00:00Z")) is not await backend.load(world)


async def test_old_worlds_are_forgotten_but_their_handles_live_on() -> None:
    backend = EmbeddedBackend(kept_worlds=1)
    first = await backend.load(world_of([patient("a")]))
    await backend.load(world_of([patient("b")]))
    store = await backend.fork(first, BASE)
    assert (await backend.send(store, Request("GET", "Patient/a"))).status == 200


async def test_loading_tells_its_progress() -> None:
    seen: list[tuple[int, int]] = []
    world = world_of([patient(f"p{n}") for n in range(2500)])
    await EmbeddedBackend().load(world, lambda done, total: seen.append((done, total)))
    assert seen == [(2000, 2500), (2500, 2500)]


@pytest.mark.parametrize(
    "resource",
    [
        b'{"resourceType":"Nope","id":"a"}',
        b'{"resourceType":"Patient"}',
        b'{"resourceType":"Patient","id":"a b"}',
        b'{"resourceType":"Patient","id":"a","birthDate":"1980-13"}',
        b'{"resourceType":"Patient","id":"a","name":["x"]}',
        b"no json",
    ],
)
async def test_a_world_of_what_is_no_resource_is_refused(resource: bytes) -> None:
    with pytest.raises(Invalid, match="a world"):
        await EmbeddedBackend().load(World(NOW, (resource,), {}, "digest"))


async def test_a_repeated_id_is_refused() -> None:
    with pytest.raises(Invalid, match="repeated"):
        await EmbeddedBackend().load(world_of([patient("a"), patient("a")]))


async def test_server_stamps_are_the_worlds_now_and_resources_keep_their_bytes() -> None:
    backend = EmbeddedBackend()
    blob = b'{"id":"a","meta":{"profile":["p"]},"multipleBirthInteger":1,"resourceType":"Patient"}'
    store = await backend.fork(await backend.load(World(NOW, (blob,), {"Patient": 1}, "d")), BASE)
    body = (await backend.send(store, Request("GET", "Patient/a"))).body
    stamp = b'"lastUpdated":"2026-03-02T14:00:00.000+00:00","versionId":"1",'
    assert body == blob.replace(b'"profile"', stamp + b'"profile"')


async def test_two_runs_of_the_same_requests_give_the_same_bytes() -> None:
    async def run() -> list[bytes]:
        backend = EmbeddedBackend()
        store = await backend.fork(await backend.load(world_of([patient("a"), observation("o", "a")])), BASE)
        json = {"content-type": "application/fhir+json"}
        body = orjson.dumps(observation("x", "a"))
        requests = [
            Request("POST", "Observation", "", json, body),
            Request("GET", "Observation", "patient=a&_count=1"),
            Request("DELETE", "Observation/o"),
            Request("GET", "Observation/o"),
        ]
        return [(await backend.send(store, request)).body for request in requests]

    assert await run() == await run()


async def test_metadata_lists_what_is_routed() -> None:
    backend = EmbeddedBackend()
    store = await backend.fork(await backend.load(world_of([])), BASE)
    statement = orjson.loads((await backend.send(store, Request("GET", "metadata"))).body)
    assert (statement["fhirVersion"], statement["implementation"]["url"]) == ("4.0.1", BASE)
    codes = [row["code"] for row in statement["rest"][0]["resource"][0]["interaction"]]
    assert {"read", "vread", "create", "update", "patch", "delete", "search-type", "history-instance"} <= set(codes)


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (Request("GET", "Patient", headers={"accept": "application/fhir+xml"}), 406, "not-supported"),
        (Request("GET", "Patient", "_format=xml"), 406, "not-supported"),
        (Request("POST", "metadata"), 405, "processing"),
        (Request("PATCH", "metadata"), 405, "processing"),
        (Request("POST", "_history"), 400, "not-supported"),
        (Request("GET", "Patient/a/Observation"), 400, "not-supported"),
        (Request("POST", "Patient", body=b"{}"), 400, "processing"),
        (Request("POST", "Patient", headers={"content-type": "text/plain"}, body=b"{}"), 400, "processing"),
        (
            Request("POST", "Patient", headers={"content-type": "application/fhir+xml"}, body=b"<a/>"),
            400,
            "not-supported",
        ),
    ],
)
async def test_what_is_not_routed_is_refused(request_: Request, status: int, code: str) -> None:
    backend = EmbeddedBackend()
    response = await backend.send(await backend.fork(await backend.load(world_of([patient("a")])), BASE), request_)
    assert (response.status, orjson.loads(response.body)["issue"][0]["code"]) == (status, code)


async def test_an_update_keeps_tags_but_not_profiles() -> None:
    backend = EmbeddedBackend()
    tagged = patient("a", meta={"profile": ["p"], "tag": [{"system": "s", "code": "t"}]})
    store = await backend.fork(await backend.load(world_of([tagged])), BASE)
    json = {"content-type": "application/fhir+json"}
    put = Request("PUT", "Patient/a", "", json, orjson.dumps(patient("a", gender="male")))
    meta = orjson.loads((await backend.send(store, put)).body)["meta"]
    assert (meta["tag"], meta.get("profile"), meta["versionId"]) == ([{"system": "s", "code": "t"}], None, "2")
