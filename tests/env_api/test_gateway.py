"""What of FHIR passes the gateway, what it costs, and what of the answer comes back."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from env_api import Settings
from env_api.gateway import View, asks_for_parts, release
from fhir_r4 import Request, Response, Returned
from tests.helpers.fakes import Api, FakeBackend, Json, Seat


def issue(answer: httpx.Response) -> str:
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome"
    return str(body["issue"][0]["code"])


def many(count: int) -> list[Json]:
    return [{"resourceType": "Patient", "id": f"p{number:03d}"} for number in range(count)]


async def test_a_read_passes_with_few_headers(seat: Seat) -> None:
    answer = await seat.fhir("/Patient/p1")
    assert answer.json()["id"] == "p1"
    assert dict(answer.headers) == {
        "content-type": "application/fhir+json",
        "etag": 'W/"1"',
        "x-fhir-left": "11",
        "x-actions-left": "6",
        "content-length": str(len(answer.content)),
    }


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def test_other_methods_are_forbidden_and_cost(api: Api, seat: Seat, method: str) -> None:
    answer = await seat.fhir("/Patient/p1", method)
    assert (answer.status_code, answer.headers["x-fhir-left"]) == (403, "11")
    assert api.backend.asked == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("", 403, "forbidden"),
        ("/", 403, "forbidden"),
        ("?_id=p1", 403, "forbidden"),
        ("/Patient/p1/_history", 403, "forbidden"),
        ("/Patient/p1/_history/1", 403, "forbidden"),
        ("/Patient/_history", 403, "forbidden"),
        ("/_history", 403, "forbidden"),
        ("/Patient/p1/$everything", 403, "forbidden"),
        ("/$export", 403, "forbidden"),
        ("/$reset", 403, "forbidden"),
        ("/Patient/_search", 403, "forbidden"),
        ("/patient", 403, "forbidden"),
        ("/Patient/p1/Observation", 403, "forbidden"),
        ("/actuator/health", 403, "forbidden"),
        ("/metadata/x", 403, "forbidden"),
        ("/Patient/..", 400, "invalid"),
        ("/Patient/.", 400, "invalid"),
        ("/../operator", 400, "invalid"),
        ("//Patient", 400, "invalid"),
        ("/Patient//p1", 400, "invalid"),
        ("/Patient%2Fp1", 400, "invalid"),
        ("/Patient/p%31", 400, "invalid"),
        ("/Patient/%2e%2e", 400, "invalid"),
        ("/Patient\\p1", 400, "invalid"),
        ("/http://elsewhere.test/Patient", 400, "invalid"),
        ("/Subscription", 404, "not-found"),
        ("/Binary/1", 404, "not-found"),
        ("/Patient/p1?_summary=text", 400, "not-supported"),
        ("/Patient?_count=-1", 400, "invalid"),
        ("/Patient?_count=abc", 400, "invalid"),
        ("/Patient?_count=1&_count=9", 400, "invalid"),
        ("/Patient?name=%FF", 400, "invalid"),
        ("/Patient?name=%00", 400, "invalid"),
        ("/Patient?nonsense=1", 400, "processing"),
        ("/Patient?_getpages=page-0", 400, "not-supported"),
        ("?_getpages=page-0&_id=p1", 400, "invalid"),
        ("?_getpages=../x", 410, "deleted"),
        ("/Patient?_format=xml", 406, "not-supported"),
        ("/Patient/p1?_format=ttl", 406, "not-supported"),
        ("/Patient?name=" + "x" * 9000, 400, "invalid"),
    ],
)
async def test_what_is_not_offered_is_refused_before_the_backend(
    api: Api, seat: Seat, path: str, status: int, code: str
) -> None:
    answer = await seat.raw(path)
    assert (answer.status_code, issue(answer), answer.headers["x-fhir-left"]) == (status, code, "11")
    assert api.backend.asked == []
    assert api.lines(seat)[-1]["issue"] == code


@pytest.mark.parametrize("accept", ["application/fhir+xml", "text/html"])
async def test_only_json_is_spoken(seat: Seat, accept: str) -> None:
    assert (await seat.fhir("/Patient/p1", accept=accept)).status_code == 406


@pytest.mark.parametrize(
    ("asked", "forwarded"),
    [
        ("/Patient", "_count=20"),
        ("/Patient/", "_count=20"),
        ("/Patient?_count=5", "_count=5"),
        ("/Patient?_count=101", "_count=100"),
        ("/Patient?_count=999999999", "_count=100"),
        ("/Patient?_id=p1&_format=json&_pretty=true", "_id=p1&_count=20"),
        ("/Patient?_id=p1&_someday=1&_count:x=900", "_id=p1&_count=20"),
        ("/Patient?name=a%26b+c", "name=a%26b%20c&_count=20"),
        ("/Patient?name=a;b", "name=a%3Bb&_count=20"),
        ("/Observation?subject=http://agent.test/episodes/e0001/fhir/Patient/p1", "subject=Patient/p1&_count=20"),
    ],
)
async def test_a_search_is_forwarded_in_one_plain_form(api: Api, seat: Seat, asked: str, forwarded: str) -> None:
    await seat.fhir(asked)
    request = api.backend.asked[-1]
    assert (request.query, dict(request.headers)) == (forwarded, {"accept": "application/fhir+json"})


async def test_pages_are_followed_and_their_count_is_clamped(tmp_path: Path) -> None:
    api = Api(tmp_path, resources=many(250))
    seat = await api.open()
    bundle = (await seat.fhir("/Patient?_count=1000")).json()
    seen = len(bundle["entry"])
    while bundle["link"]:
        link = bundle["link"][0]["url"].replace("_count=100", "_count=5000")
        bundle = (await seat.http.get(link, headers=seat.headers)).json()
        seen += len(bundle["entry"])
    assert seen == 250
    assert api.record(seat).retrieved == {f"Patient/p{number:03d}" for number in range(250)}
    assert api.lines(seat)[-1]["cost"] == 1


@pytest.mark.parametrize(
    "answer",
    [
        Response(
            200,
            {"content-type": "application/json"},
            b"{}",
            tuple(Returned(f"Patient/{n}", "1", True) for n in range(501)),
        ),
        Response(
            200, {"content-type": "application/json"}, b" " * (1024 * 1024 + 1), (Returned("Patient/1", "1", True),)
        ),
    ],
)
async def test_an_answer_over_the_limits_is_too_costly_and_retrieves_nothing(tmp_path: Path, answer: Response) -> None:
    api = Api(tmp_path, FakeBackend(answer=answer))
    seat = await api.open()
    got = await seat.fhir("/Patient")
    assert (got.status_code, issue(got)) == (403, "too-costly")
    assert api.record(seat).retrieved == frozenset()


async def test_what_is_no_fhir_json_does_not_pass(tmp_path: Path) -> None:
    page = Response(200, {"content-type": "text/html"}, b"<h1>upstream.example</h1>")
    seat = await Api(tmp_path, FakeBackend(answer=page)).open()
    answer = await seat.fhir("/Patient")
    assert (answer.status_code, "upstream" in answer.text) == (502, False)


async def test_a_location_elsewhere_is_left_out(tmp_path: Path) -> None:
    moved = Response(200, {"content-type": "application/json", "location": "http://upstream.example/Patient/1"}, b"{}")
    seat = await Api(tmp_path, FakeBackend(answer=moved)).open()
    assert "location" not in (await seat.fhir("/Patient/1")).headers


async def test_metadata_is_the_gateways_own(api: Api, seat: Seat) -> None:
    answer = await seat.fhir("/metadata")
    body = answer.json()
    assert (body["resourceType"], body["fhirVersion"], body["implementation"]["url"]) == (
        "CapabilityStatement",
        "4.0.1",
        seat.base,
    )
    assert {i["code"] for r in body["rest"][0]["resource"] for i in r["interaction"]} == {"read", "search-type"}
    assert (api.backend.asked, answer.headers["x-fhir-left"]) == ([], "11")


async def test_the_budget_closes_fhir_and_nothing_else(api: Api, seat: Seat) -> None:
    left = [(await seat.fhir("/Patient/absent")).headers["x-fhir-left"] for _ in range(12)]
    assert left == [str(number) for number in reversed(range(12))]
    answer = await seat.fhir("/Patient/p1")
    assert (answer.status_code, issue(answer), answer.headers["x-fhir-left"]) == (403, "forbidden", "0")
    assert api.record(seat).fhir_requests == 12
    assert (await seat.act({})).status_code == 422


async def test_a_backend_that_is_down_is_an_answer_that_is_recorded(api: Api, seat: Seat) -> None:
    api.backend.down = True
    answer = await seat.fhir("/Patient/p1")
    assert (answer.status_code, issue(answer)) == (502, "transient")
    line = api.lines(seat)[-1]
    assert (line["status"], line["cost"], line["left"], line["issue"]) == (502, 1, 11, "transient")


async def test_a_backend_that_hangs_is_cut_off(tmp_path: Path) -> None:
    class Slow(FakeBackend):
        async def send(self, store: Any, request: Any) -> Response:
            await asyncio.sleep(60)
            raise AssertionError

    seat = await Api(tmp_path, Slow(), Settings(agent_url="http://agent.test", answer_seconds=0.01)).open()
    answer = await seat.fhir("/Patient/p1")
    assert (answer.status_code, issue(answer)) == (504, "timeout")


async def test_a_backend_that_breaks_tells_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeBackend):
        async def send(self, store: Any, request: Any) -> Response:
            raise ZeroDivisionError("secret detail")

    api = Api(tmp_path, Broken())
    seat = await api.open()
    answer = await seat.fhir("/Patient/p1")
    assert (answer.status_code, issue(answer), "secret" in answer.text) == (500, "exception", False)
    assert api.lines(seat)[-1]["status"] == 500
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("", False),
        ("name=x&_summary=false", False),
        ("_elements=id", True),
        ("_getpages=a&_elements=id", True),
        ("_summary=count", True),
    ],
)
def test_nothing_counts_as_whole_when_parts_were_asked_for(query: str, parts: bool) -> None:
    assert asks_for_parts(Request("GET", "Patient", query)) is parts


def test_an_included_resource_is_not_whole_when_parts_were_asked_for() -> None:
    answer = Response(200, {"content-type": "application/fhir+json"}, b"{}", (Returned("Patient/a", "1", full=True),))
    assert [
        item.full for item in release(answer, View("http://x/fhir", frozenset(), Settings()), parts=True).returned
    ] == [False]
