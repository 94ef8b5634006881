"""Requests that would cost far more than they are long: each is refused in words, or answered within bounds."""

import gzip
import time
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest

from fhir_r4 import Invalid
from fhir_server import EmbeddedBackend, fhir_app
from fhir_server.contract import contract_world
from tests.helpers.fhir import observation, patient
from tests.helpers.server import Json, Server, ids, opened

JSON = {"content-type": "application/fhir+json"}
JSON_PATCH = {"content-type": "application/json-patch+json"}
_SECONDS = 10.0
"""Generous: a blow-up takes minutes, these take milliseconds."""


@pytest.fixture(autouse=True)
def _in_time() -> AsyncIterator[None]:  # type: ignore[misc]
    started = time.perf_counter()
    yield  # type: ignore[misc]
    assert time.perf_counter() - started < _SECONDS


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    backend = EmbeddedBackend()
    store = await backend.fork(await backend.load(contract_world()), "http://server/fhir")
    transport = httpx.ASGITransport(fhir_app(backend, store, body_cap=2_000_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://server/fhir/") as client:
        yield client


async def refused(answer: httpx.Response, status: int, code: str) -> None:
    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["code"], issue["severity"]) == (status, code, "error"), answer.text[:500]
    assert issue["diagnostics"]


# -- bodies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b" " * 2_000_001, {}, 413, "too-long"),
        (gzip.compress(b" " * 500_000_000, 1), {"content-encoding": "gzip"}, 413, "too-long"),
        (b"{}", {"content-encoding": "gzip"}, 400, "invalid"),
        (gzip.compress(b"{}")[:-9], {"content-encoding": "gzip"}, 400, "invalid"),
        (b'{"resourceType":"Patient","contact":' + b"[" * 101 + b"]" * 101 + b"}", {}, 400, "processing"),
        (b'{"a":' * 300_000, {}, 400, "processing"),
        (b"[" * 1_900_000, {}, 400, "processing"),
        (b'{"resourceType":"Patient","multipleBirthInteger":' + b"9" * 5000 + b"}", {}, 400, "processing"),
        (b'{"resourceType":"Patient","name":[' + b'{"family":"x"},' * 100_000, {}, 400, "processing"),
    ],
)
async def test_a_body_that_is_too_much(
    client: httpx.AsyncClient, body: bytes, headers: Json, status: int, code: str
) -> None:
    await refused(await client.post("Patient", content=body, headers=JSON | headers), status, code)


async def test_a_zipped_body_is_read(client: httpx.AsyncClient) -> None:
    body = gzip.compress(b'{"resourceType":"Patient","gender":"male"}')
    answer = await client.post("Patient", content=body, headers=JSON | {"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["gender"]) == (201, "male")


@pytest.mark.parametrize(
    "value", [b"1" * 4000, b"1e400", b"1." + b"1" * 4000, b'"' + b"1" * 4000 + b'"', b"1e-99999999999"]
)
async def test_a_number_that_no_index_holds_is_refused(client: httpx.AsyncClient, value: bytes) -> None:
    body = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":%b}}' % value
    await refused(await client.post("Observation", content=body, headers=JSON), 400, "processing")


async def test_a_header_cannot_be_broken_by_what_a_path_says(client: httpx.AsyncClient) -> None:
    for id in ("%0D%0Ax-evil:1", "%E2%80%AE", "%00"):
        answer = await client.delete(f"Observation/{id}")
        assert "x-evil" not in answer.headers
        assert answer.status_code < 500


# -- searches ----------------------------------------------------------------------------------------------------------

_HAS = "_has:Observation:patient:"
_MEMBER = "_has:Observation:has-member:"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("name=" + "x" * 40_000, 413, "too-long"),
        ("&".join(f"name=x{n}" for n in range(257)), 403, "too-costly"),
        (".".join(["general-practitioner", *["organization"] * 7]) + "=x", 403, "too-costly"),
        (_HAS + _MEMBER * 12 + "code=x", 403, "too-costly"),
        ("_filter=" + "(" * 500 + "name eq x", 403, "too-costly"),
        ("_filter=" + " or ".join(["name eq x"] * 500), 403, "too-costly"),
        ("_sort=" + ",".join(["name"] * 11), 403, "too-costly"),
        ("name:exact=" + "x" * 769, 400, "processing"),
    ],
)
async def test_a_search_that_is_too_much(client: httpx.AsyncClient, query: str, status: int, code: str) -> None:
    await refused(await client.get(f"Patient?{query}"), status, code)


async def test_a_form_that_is_too_long(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await client.post("Patient/_search", content="_id=" + "p-a," * 10_000, headers=headers)).status_code == 200
    await refused(
        await client.post("Patient/_search", content="_id=" + "p-a," * 70_000, headers=headers), 413, "too-long"
    )


async def crowd() -> Server:
    return await opened([patient("a"), *(observation(f"o{n:05}", "a") for n in range(10_050))])


async def test_a_page_is_bounded_and_the_rest_follows() -> None:
    server = await crowd()
    for url in ("/Observation?_count=1000000", "/_history?_count=1000000", "/Observation?_count=99999&_offset=1"):
        page = server.ask(url)
        assert len(page["entry"]) == 10_000
        following = next(row["url"] for row in page["link"] if row["relation"] == "next")
        assert len(server.ask(following)["entry"]) in (49, 50, 51)


async def test_includes_that_include_each_other_end() -> None:
    server = await crowd()
    found = server.ask("/Patient?_include:iterate=*&_revinclude:iterate=*&_include=*&_revinclude=*")
    assert [name for name in ids(found) if name == "Patient/a"] == ["Patient/a"]
    assert len(found["entry"]) == 1001


async def test_a_bundle_that_searches_too_much() -> None:
    server = await crowd()
    for number, url in ((101, "Observation?code:not=x"), (101, "Patient/$everything"), (101, "metadata")):
        entry = [{"request": {"method": "GET", "url": url}}] * number
        answer = server.send("/", "POST", {"resourceType": "Bundle", "type": "batch", "entry": entry})
        assert (answer.status, orjson.loads(answer.body)["issue"][0]["code"]) == (403, "too-costly")


async def test_a_bundle_that_reads_too_much() -> None:
    server = await opened([patient("a", name=[{"family": "x" * 5_000_000}])])
    entry = [{"request": {"method": "GET", "url": "Patient/a"}}] * 20
    answer = server.send("/", "POST", {"resourceType": "Bundle", "type": "batch", "entry": entry})
    assert len(answer.body) < 70_000_000
    statuses = {one["response"]["status"] for one in orjson.loads(answer.body)["entry"]}
    assert statuses == {"200 OK", "403 Forbidden"}


async def test_a_large_transaction_takes_time_in_proportion() -> None:
    server = await opened([patient("a")])
    made = observation("x", "a")
    entry = [{"resource": made, "request": {"method": "POST", "url": "Observation"}}] * 4000
    answer = server.send("/", "POST", {"resourceType": "Bundle", "type": "transaction", "entry": entry})
    assert (answer.status, len(orjson.loads(answer.body)["entry"])) == (200, 4000)


# -- patches -----------------------------------------------------------------------------------------------------------

_COPIES = [
    {"op": "copy", "from": "/name", "path": "/contact"},
    *[{"op": "copy", "from": "/contact", "path": "/contact/0/x"}] * 40,
]


@pytest.mark.parametrize(
    ("operations", "status", "code"),
    [
        ([{"op": "copy", "from": "", "path": "/x"}] * 30, 400, "processing"),
        ([{"op": "copy", "from": "/name", "path": "/name/-"}] * 60, 403, "too-costly"),
        ([{"op": "test", "path": "/id", "value": "p-a"}] * 1001, 403, "too-costly"),
        ([{"op": "add", "path": "/x" * n, "value": {}} for n in range(1, 200)], 400, "invalid"),
        ([{"op": "remove", "path": "/name/" + "9" * 5000}], 400, "processing"),
        (_COPIES, 400, "processing"),
    ],
)  # fmt: skip
async def test_a_json_patch_that_grows_too_much(
    client: httpx.AsyncClient, operations: list[Json], status: int, code: str
) -> None:
    answer = await client.patch("Patient/p-a", content=orjson.dumps(operations), headers=JSON_PATCH)
    await refused(answer, status, code)


def operation(path: str, name: str = "name") -> Json:
    values = [("type", "valueCode", "add"), ("path", "valueString", path), ("name", "valueString", name)]
    part: list[Json] = [{"name": one, key: value} for one, key, value in values]
    return {"name": "operation", "part": [*part, {"name": "value", "valueExtension": {"url": "u"}}]}


_LEVELS = [*[operation("Patient", "extension")] * 300, *[operation("Patient.extension", "extension")] * 300]


@pytest.mark.parametrize(
    ("operations", "status", "code"),
    [
        ([operation("Patient")] * 1001, 403, "too-costly"),
        (_LEVELS, 403, "too-costly"),
        ([operation("Patient.where(" * 800)], 400, "processing"),
        ([operation("(" * 3000)], 400, "processing"),
        ([operation("Patient" + "[0]" * 5000)], 400, "processing"),
        ([operation("Patient.name[" + "9" * 5000 + "]")], 400, "processing"),
        ([operation("Patient" + ".extension" * n, "extension") for n in range(150)], 400, "invalid"),
    ],
)  # fmt: skip
async def test_a_fhirpath_patch_that_grows_too_much(
    client: httpx.AsyncClient, operations: list[Json], status: int, code: str
) -> None:
    body = orjson.dumps({"resourceType": "Parameters", "parameter": operations})
    await refused(await client.patch("Patient/p-a", content=body, headers=JSON), status, code)


async def test_a_world_of_numbers_that_no_index_holds_is_refused() -> None:
    with pytest.raises(Invalid):
        await opened([observation("a", "b", valueQuantity={"value": 10**400})])


@pytest.mark.parametrize("path", ["", "/$meta", "/$diff"])
async def test_a_version_of_too_many_digits_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    await client.put("Patient/p-a", json={"resourceType": "Patient", "id": "p-a"}, headers=JSON)
    answer = await client.get(f"Patient/p-a/_history/{'9' * 5000}{path}")
    assert answer.status_code in (400, 404, 405)
    assert (await client.get(f"Patient/p-a/$diff?fromVersion={'9' * 5000}")).status_code == 404
