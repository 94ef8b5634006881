"""Which requests pass to the upstream server, and which of them may write what."""

import json

import pytest

from fhir_r4 import Request
from fhir_server.remote.paths import forwarded_headers, refusal
from fhir_server.remote.writes import Target, created, is_write, targets


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "", "_getpages=1"),
        ("GET", "metadata", ""),
        ("GET", "Patient", "name=x&_format=json"),
        ("GET", "Patient/a-1.b/_history/2", ""),
        ("GET", "Patient/a/$everything", ""),
        ("POST", "Patient/a/$meta-add", ""),
        ("GET", "Patient/a/_history", ""),
        ("POST", "Patient/_search", ""),
        ("GET", "patient/a", ""),
    ],
)
def test_fhir_requests_pass(method: str, path: str, query: str) -> None:
    assert refusal(Request(method, path, query)) is None


@pytest.mark.parametrize(
    ("method", "path", "query", "status"),
    [
        ("GET", "../actuator/health", "", 400),
        ("GET", "Patient/../../sandbox/worlds", "", 400),
        ("GET", "Patient/%2e%2e/x", "", 400),
        ("GET", "http://elsewhere/Patient", "", 400),
        ("GET", "//elsewhere/Patient", "", 400),
        ("GET", "Patient\\a", "", 400),
        ("GET", "swagger-ui/index.html", "", 400),
        ("GET", "Patient/a/b/c/d/e", "", 400),
        ("TRACE", "Patient", "", 405),
        ("GET", "Patient", "_format=xml", 406),
        ("GET", "Patient", "%5Fformat=html/json", 406),
        ("POST", "$expunge", "", 400),
        ("GET", "ValueSet/$expand", "url=http://x", 400),
        ("DELETE", "Patient/a", "_cascade=delete", 400),
        ("DELETE", "Patient/a", "_expunge=true", 400),
    ],
)
def test_everything_else_is_refused(method: str, path: str, query: str, status: int) -> None:
    problem = refusal(Request(method, path, query))
    assert problem is not None
    assert problem.status == status


def test_only_headers_with_a_fhir_meaning_are_passed_on() -> None:
    headers = {
        "if-match": 'W/"1"',
        "authorization": "Bearer x",
        "x-cascade": "delete",
        "host": "h",
        "accept": "application/fhir+json",
        "cache-control": "no-store",
    }
    expected = {"if-match": 'W/"1"', "cache-control": "no-cache, no-store"}
    assert forwarded_headers(Request("PUT", "Patient/a", "", headers)) == expected


def transaction(*asked: tuple[str, str]) -> bytes:
    return json.dumps({"entry": [{"request": {"method": m, "url": u}} for m, u in asked]}).encode()


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request("PUT", "Patient/a"), [Target("Patient/a", "Patient")]),
        (Request("PUT", "Patient/a/_history/3"), [Target("Patient/a", "Patient")]),
        (Request("DELETE", "Patient", "name=x"), [Target(None, "Patient", "name=x")]),
        (Request("POST", "Patient"), []),
        (Request("POST", "Patient/a/$meta-delete"), [Target("Patient/a", "Patient")]),
        (Request("POST", "", "", {}, transaction(("POST", "Patient/a/$meta-add"))), [Target("Patient/a", "Patient")]),
        (
            Request(
                "POST", "", "", {}, transaction(("PUT", "Patient/a"), ("GET", "Patient/b"), ("PATCH", "Patient?name=c"))
            ),
            [Target("Patient/a", "Patient"), Target(None, "Patient", "name=c")],
        ),
        (Request("POST", "", "", {}, b"not json"), []),
    ],
)
def test_targets_are_what_a_request_may_change(request_: Request, expected: list[Target]) -> None:
    assert list(targets(request_)) == expected


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "Patient", False),
        ("POST", "Patient/_search", False),
        ("POST", "Patient/$validate", False),
        ("POST", "Patient/a/$meta-add", True),
        ("POST", "Patient", True),
        ("POST", "", True),
        ("PATCH", "Patient/a", True),
    ],
)
def test_writes_are_known_by_method_and_path(method: str, path: str, expected: bool) -> None:
    assert is_write(Request(method, path)) is expected


def test_created_resources_are_read_from_locations() -> None:
    assert list(created(201, {"location": "http://x/fhir/Patient/7/_history/1"}, None)) == ["Patient/7"]
    assert list(created(200, {"location": "http://x/fhir/Patient/7/_history/1"}, None)) == []
    entries = [
        {"response": {"status": "201 Created", "location": "Patient/8/_history/1"}},
        {"response": {"status": "200 OK", "location": "Patient/a/_history/2"}},
    ]
    node = {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
    assert list(created(200, {}, node)) == ["Patient/8"]
