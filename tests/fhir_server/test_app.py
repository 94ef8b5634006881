from collections.abc import AsyncIterator

import httpx
import pytest

from fhir_server import EmbeddedBackend
from fhir_server.app import fhir_app
from tests.helpers.fhir import patient, world_of


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    backend = EmbeddedBackend()
    store = await backend.fork(await backend.load(world_of([patient("a")])), "http://server/fhir")
    app = fhir_app(backend, store, body_cap=1000)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server/fhir/") as client:
        yield client


async def test_read_over_http(client: httpx.AsyncClient) -> None:
    response = await client.get("Patient/a", headers={"x-request-id": "r1"})
    assert (response.status_code, response.json()["id"], response.headers["x-request-id"]) == (200, "a", "r1")
    assert response.headers["content-type"] == "application/fhir+json;charset=utf-8"


async def test_a_resource_can_be_created_changed_and_deleted(client: httpx.AsyncClient) -> None:
    json = {"content-type": "application/fhir+json"}
    created = await client.post("Patient", content=b'{"resourceType":"Patient"}', headers=json)
    where = created.headers["location"].removesuffix("/_history/1")
    changed = await client.put(where, json={"resourceType": "Patient", "id": "1000", "gender": "male"}, headers=json)
    assert (created.status_code, changed.status_code, changed.headers["etag"]) == (201, 200, 'W/"2"')
    assert (await client.delete(where)).status_code == 200
    assert (await client.get(where)).status_code == 410


async def test_head_has_no_body(client: httpx.AsyncClient) -> None:
    response = await client.head("Patient/a")
    assert (response.status_code, response.content, response.headers["etag"]) == (200, b"", 'W/"1"')


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("GET", "http://server/", 404),
        ("GET", "http://server/other", 404),
        ("GET", "Nope", 404),
        ("POST", "metadata", 405),
        ("TRACE", "Patient/a", 400),
        ("GET", "Patient/a?_format=xml", 406),
        ("GET", "", 400),
    ],
)
async def test_every_error_is_an_operation_outcome(
    client: httpx.AsyncClient, method: str, url: str, status: int
) -> None:
    response = await client.request(method, url)
    assert (response.status_code, response.json()["resourceType"]) == (status, "OperationOutcome")


async def test_a_body_over_the_cap_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post("Patient", content=b"x" * 1001, headers={"content-type": "application/fhir+json"})
    assert (response.status_code, response.json()["issue"][0]["code"]) == (413, "too-long")


async def test_a_body_is_compressed_for_a_client_that_takes_it_but_no_error_is(client: httpx.AsyncClient) -> None:
    for accepted, url, encoding in (
        ("gzip", "Patient/a", "gzip"),
        ("deflate, gzip;q=0", "Patient/a", None),
        ("gzip", "Patient/nope", None),
    ):
        response = await client.get(url, headers={"accept-encoding": accepted})
        assert response.headers.get("content-encoding") == encoding
        assert "resourceType" in response.json()


async def test_a_page_of_another_origin_may_ask_and_read(client: httpx.AsyncClient) -> None:
    origin = {"origin": "http://app"}
    first = await client.options("Patient", headers=origin | {"access-control-request-method": "PUT"})
    assert (first.status_code, first.content) == (200, b"")
    for url in ("Patient/a", "Patient/nope"):
        response = await client.get(url, headers=origin)
        assert response.headers["access-control-allow-origin"] == "http://app"
        assert response.headers.get_list("vary")[0] == "Origin"
