"""What an upstream answer becomes for the agent."""

from typing import Any

import pytest

from fhir_r4 import Request, Returned
from fhir_server.remote.answer import asks_for_part, page_ids, returned_by, rewritten_body, rewritten_headers

BASES = ("http://hapi:8080/fhir", "http://localhost:8090/fhir")
MINE = "http://127.0.0.1:8801/episodes/e1/fhir"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"url":"http://hapi:8080/fhir/Patient?name=x"}', f'{{"url":"{MINE}/Patient?name=x"}}'),
        ('{"url": "http://localhost:8090/fhir?_getpages=1"}', f'{{"url": "{MINE}?_getpages=1"}}'),
        ('{"url":"http:\\/\\/hapi:8080\\/fhir\\/Patient\\/1"}', f'{{"url":"{MINE}\\/Patient\\/1"}}'),
        ('{"url":"http://hapi:8080/fhirbird/Patient"}', '{"url":"http://hapi:8080/fhirbird/Patient"}'),
        ('{"div":"see http://hapi:8080/fhir/Patient/1"}', '{"div":"see http://hapi:8080/fhir/Patient/1"}'),
        ('{"value":1.500,"unit":"\\u00b5g"}', '{"value":1.500,"unit":"\\u00b5g"}'),
    ],
)
def test_links_start_with_the_episodes_base_and_nothing_else_changes(body: str, expected: str) -> None:
    assert rewritten_body(body.encode(), BASES, MINE, is_error=False).decode() == expected


def test_error_texts_do_not_name_the_upstream() -> None:
    body = b'{"diagnostics":"no route http://hapi:8080/fhir/x here"}'
    assert rewritten_body(body, BASES, MINE, is_error=True) == f'{{"diagnostics":"no route {MINE}/x here"}}'.encode()


def test_only_fhir_headers_pass_and_locations_are_rewritten() -> None:
    headers = {
        "location": "http://hapi:8080/fhir/Patient/7/_history/1",
        "etag": 'W/"1"',
        "server": "Jetty",
        "x-powered-by": "HAPI FHIR 8.8.0",
        "x-request-id": "abc",
        "transfer-encoding": "chunked",
    }
    assert rewritten_headers(headers, BASES, MINE) == {"location": f"{MINE}/Patient/7/_history/1", "etag": 'W/"1"'}


def patient(id_: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "meta": {"versionId": "2"}, **more}


def bundle(*entries: dict[str, Any], kind: str = "searchset") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


SUBSET = {"versionId": "2", "tag": [{"code": "SUBSETTED"}]}
OUTCOME = {"resourceType": "OperationOutcome", "id": "x"}
WHOLE = Returned("Patient/a", "2", True)
PART = Returned("Patient/a", "2", False)


@pytest.mark.parametrize(
    ("status", "node", "expected"),
    [
        (200, patient("a"), (WHOLE,)),
        (200, patient("a", meta=SUBSET), (PART,)),
        (404, patient("a"), ()),
        (200, OUTCOME, ()),
        (200, None, ()),
        (200, bundle({"resource": patient("a"), "search": {"mode": "match"}}), (WHOLE,)),
        (200, bundle({"resource": patient("a"), "search": {"mode": "include"}}), (WHOLE,)),
        (200, bundle({"resource": patient("a"), "search": {"mode": "outcome"}}), ()),
        (200, bundle({"resource": OUTCOME, "search": {"mode": "outcome"}}), ()),
        (200, bundle({"resource": patient("a"), "response": {"status": "404"}}, kind="batch-response"), ()),
        (
            200,
            bundle(
                {
                    "resource": bundle({"resource": patient("a"), "search": {"mode": "match"}}),
                    "response": {"status": "200"},
                },
                kind="batch-response",
            ),
            (WHOLE,),
        ),
    ],
)
def test_returned_is_what_a_good_answer_carried(status: int, node: Any, expected: tuple[Returned, ...]) -> None:
    assert returned_by(status, node, part=False) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [("_elements=id", True), ("_summary=true", True), ("_summary=false", False), ("name=_elements", False)],
)
def test_elements_and_summaries_are_parts(query: str, expected: bool) -> None:
    assert asks_for_part(Request("GET", "Patient", query)) is expected


def test_page_ids_come_from_the_links_of_a_bundle() -> None:
    links = [{"relation": "next", "url": "http://hapi:8080/fhir?_getpages=p1&_getpagesoffset=20"}]
    assert page_ids(bundle() | {"link": links}) == {"p1"}
