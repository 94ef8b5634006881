"""Creates, updates, deletes and patches, one by one and by condition."""

from typing import Any

import orjson
import pytest

from fhir_r4 import Request, Response
from fhir_server import EmbeddedBackend
from fhir_server.store import EpisodeStore
from tests.helpers.fhir import observation, patient, world_of

BASE = "http://x/fhir"
JSON = {"content-type": "application/fhir+json"}
JSON_PATCH = {"content-type": "application/json-patch+json"}
BACKEND = EmbeddedBackend()


def seen(id: str, subject: dict[str, Any]) -> dict[str, Any]:
    return {**observation(id, "a"), "subject": subject}


def mrn(value: str) -> dict[str, Any]:
    return {"identifier": [{"system": "http://mrn", "value": value}]}


@pytest.fixture
async def store() -> EpisodeStore:
    people = [patient("a", gender="male", **mrn("1")), patient("b", gender="male", **mrn("2"))]
    return await BACKEND.fork(await BACKEND.load(world_of([*people, observation("o", "a")])), BASE)


def send(
    store: EpisodeStore, method: str, url: str, body: Any = None, headers: dict[str, str] | None = None
) -> Response:
    path, _, query = url.partition("?")
    data = None if body is None else orjson.dumps(body)
    return BACKEND.answer(store, Request(method, path, query, {**JSON, **(headers or {})}, data))


def said(response: Response) -> str:
    return str(orjson.loads(response.body)["issue"][0]["diagnostics"])


def code(response: Response) -> str:
    return str(orjson.loads(response.body)["issue"][0]["details"]["coding"][0]["code"])


WHAT = {"prefer": "return=OperationOutcome"}


@pytest.mark.parametrize(
    ("method", "url", "body", "headers", "status", "outcome"),
    [
        ("POST", "Patient", patient("x"), {}, 201, "SUCCESSFUL_CREATE"),
        (
            "POST",
            "Patient",
            patient("x", **mrn("1")),
            {"if-none-exist": "identifier=http://mrn|1"},
            200,
            "SUCCESSFUL_CREATE_WITH_CONDITIONAL_MATCH",
        ),
        (
            "POST",
            "Patient",
            patient("x", **mrn("9")),
            {"if-none-exist": "identifier=http://mrn|9"},
            201,
            "SUCCESSFUL_CREATE_NO_CONDITIONAL_MATCH",
        ),
        ("PUT", "Patient/x", patient("x"), {}, 201, "SUCCESSFUL_UPDATE_AS_CREATE"),
        ("PUT", "Patient/a", patient("a"), {}, 200, "SUCCESSFUL_UPDATE"),
        ("PUT", "Patient/a", patient("a", gender="male", **mrn("1")), {}, 200, "SUCCESSFUL_UPDATE_NO_CHANGE"),
        (
            "PUT",
            "Patient?identifier=http://mrn|9",
            patient("x", **mrn("9")),
            {},
            201,
            "SUCCESSFUL_UPDATE_NO_CONDITIONAL_MATCH",
        ),
        (
            "PUT",
            "Patient?identifier=http://mrn|1",
            patient("x", **mrn("1")),
            {},
            200,
            "SUCCESSFUL_UPDATE_WITH_CONDITIONAL_MATCH",
        ),
        ("DELETE", "Patient/b", None, {}, 200, "SUCCESSFUL_DELETE"),
        ("DELETE", "Patient/none", None, {}, 200, "SUCCESSFUL_DELETE_NOT_FOUND"),
        ("DELETE", "Patient?identifier=http://mrn|2", None, {}, 200, "SUCCESSFUL_DELETE"),
        ("DELETE", "Patient?identifier=http://mrn|9", None, {}, 200, "SUCCESSFUL_DELETE_NOT_FOUND"),
        (
            "PATCH",
            "Patient/a",
            [{"op": "replace", "path": "/gender", "value": "female"}],
            JSON_PATCH,
            200,
            "SUCCESSFUL_PATCH",
        ),
        ("PATCH", "Patient/a", [], JSON_PATCH, 200, "SUCCESSFUL_PATCH_NO_CHANGE"),
        ("PATCH", "Patient?identifier=http://mrn|1", [], JSON_PATCH, 200, "SUCCESSFUL_CONDITIONAL_PATCH_NO_CHANGE"),
    ],
)
def test_what_a_write_says(
    store: EpisodeStore, method: str, url: str, body: Any, headers: dict[str, str], status: int, outcome: str
) -> None:
    response = send(store, method, url, body, {**WHAT, **headers})
    assert (response.status, code(response)) == (status, outcome)


@pytest.mark.parametrize(
    ("method", "url", "body", "headers", "status", "text"),
    [
        ("POST", "Patient", patient("x"), {"if-none-exist": "gender=male"}, 412, "HAPI-0958: Failed to CREATE Patient"),
        ("POST", "Patient", patient("x"), {"if-none-exist": "identifier=http://mrn|9"}, 400, "HAPI-0929: "),
        (
            "POST",
            "Patient",
            patient("x"),
            {"if-none-exist": "bogus=1"},
            400,
            "HAPI-0488: Failed to parse match URL[Patient?bogus=1]",
        ),
        ("PUT", "Patient?gender=male", patient("x"), {}, 412, "HAPI-0988: Failed to UPDATE Patient"),
        ("PUT", "Patient", patient("x"), {}, 400, "HAPI-0418: "),
        ("PUT", "Patient/a", patient("b"), {}, 400, "HAPI-0420: "),
        ("PUT", "Patient/7", patient("7"), {}, 400, "HAPI-0960: "),
        ("PUT", "Patient/a", patient("a"), {"if-match": 'W/"9"'}, 409, "HAPI-0550: HAPI-0989: "),
        ("PUT", "Patient/a/_history/9", patient("a"), {}, 409, "HAPI-0550: HAPI-0989: "),
        (
            "DELETE",
            "Patient/a",
            None,
            {},
            409,
            "Unable to delete Patient/a because at least one resource has a reference",
        ),
        ("DELETE", "Patient?gender=male", None, {}, 412, "HAPI-0962: Failed to DELETE Patient"),
        ("DELETE", "Patient", None, {}, 400, "HAPI-0967: "),
        ("DELETE", "Patient?gender=male&_expunge=true", None, {}, 405, "HAPI-0963: "),
        ("DELETE", "Patient/b/_history/9", None, {}, 409, "HAPI-0550: HAPI-0961: "),
        ("PATCH", "Patient/none", [], JSON_PATCH, 404, "HAPI-2001: "),
        ("PATCH", "Patient?gender=male", [], JSON_PATCH, 412, "HAPI-0972: "),
        ("PATCH", "Patient?identifier=http://mrn|9", [], JSON_PATCH, 404, "HAPI-0973: "),
        ("PATCH", "Patient/a", [], {**JSON_PATCH, "if-match": "9"}, 409, "HAPI-0550: HAPI-0974: "),
        ("PATCH", "Patient/a", [], {"content-type": "application/json"}, 400, "HAPI-1965: "),
        ("PATCH", "Patient/a", [], {"content-type": ""}, 400, "HAPI-1964: "),
        (
            "PATCH",
            "Patient/a",
            [{"op": "add", "path": "/foo", "value": 1}],
            JSON_PATCH,
            400,
            "HAPI-1271: Failed to apply JSON patch to Patient/a: HAPI-1825: ",
        ),
        ("PATCH", "Patient/a", [{"op": "add", "path": "/gender", "value": "x"}], JSON_PATCH, 400, "HAPI-1271: "),
        (
            "POST",
            "Observation",
            observation("x", "ghost"),
            {},
            400,
            "HAPI-1094: Resource Patient/ghost not found, specified in path: Observation.subject",
        ),
        (
            "POST",
            "Observation",
            {"resourceType": "Observation", "subject": {"reference": "p1"}},
            {},
            400,
            "HAPI-0505: ",
        ),
        (
            "POST",
            "Observation",
            {"resourceType": "Observation", "subject": {"reference": "http://e/Patient/1"}},
            {},
            400,
            "HAPI-0507: ",
        ),
        (
            "POST",
            "Observation",
            {"resourceType": "Observation", "subject": {"reference": "Observation/o"}},
            {},
            422,
            "HAPI-0931: ",
        ),
        (
            "POST",
            "Observation",
            {"resourceType": "Observation", "subject": {"reference": "Patient?gender=male"}},
            {},
            412,
            "HAPI-1092: ",
        ),
        (
            "POST",
            "Observation",
            {"resourceType": "Observation", "subject": {"reference": "Patient?gender=x"}},
            {},
            404,
            "HAPI-1091: ",
        ),
        ("POST", "Bundle", {"resourceType": "Bundle", "type": "transaction"}, {}, 422, "HAPI-0522: "),
    ],
)
def test_refusals_leave_no_trace(
    store: EpisodeStore, method: str, url: str, body: Any, headers: dict[str, str], status: int, text: str
) -> None:
    response = send(store, method, url, body, headers)
    assert (response.status, said(response)[: len(text)]) == (status, text)
    assert store.changes() == {}
    assert store.next_id() == "1000"


def test_a_deleted_resource_is_gone_for_patches_and_comes_back_by_put(store: EpisodeStore) -> None:
    send(store, "DELETE", "Patient/b")
    gone = send(store, "PATCH", "Patient/b", [], JSON_PATCH)
    assert (gone.status, gone.headers["location"]) == (410, f"{BASE}/Patient/b/_history/2")
    again = send(store, "PUT", "Patient/b", patient("b"))
    assert (again.status, again.headers["etag"]) == (201, 'W/"3"')


def test_references_are_stored_literal_and_without_versions(store: EpisodeStore) -> None:
    by_match = seen("x", {"reference": "Patient?identifier=http://mrn|2"})
    by_version = observation("x", "a/_history/1")
    found = [orjson.loads(send(store, "POST", "Observation", one).body) for one in (by_match, by_version)]
    assert [one["subject"]["reference"] for one in found] == ["Patient/b", "Patient/a"]


def test_a_patch_answers_without_an_etag(store: EpisodeStore) -> None:
    response = send(store, "PATCH", "Patient/a", [{"op": "remove", "path": "/gender"}], JSON_PATCH)
    assert ("etag" in response.headers, response.headers["content-location"]) == (False, f"{BASE}/Patient/a/_history/2")


def test_a_fhirpath_patch_is_a_parameters_resource(store: EpisodeStore) -> None:
    parts = [{"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": "Patient.gender"}]
    body = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    assert "gender" not in orjson.loads(send(store, "PATCH", "Patient/a", body).body)


def test_answers_say_what_they_carried(store: EpisodeStore) -> None:
    whole = send(store, "POST", "Patient", patient("x"))
    assert [(row.reference, row.version, row.full) for row in whole.returned] == [("Patient/1000", "1", True)]
    assert send(store, "POST", "Patient", patient("x"), {"prefer": "return=minimal"}).returned == ()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("family:exact=None", 201),
        ("family:contains=None", 201),
        ("general-practitioner.family=None", 201),
        ("_has:Observation:subject:status=draft", 201),
        ("_lastUpdated=gt2050-01-01&gender=other", 201),
        ("birthdate=sa2050", 201),
        ("birthdate=gt2050", 400),
        ("gender=other", 400),
        ("family:missing=true&given=None", 400),
        ("family:exact=None&given=None", 400),
        ("address-city:exact=None&address-country=None", 201),
    ],
)
def test_a_new_resource_must_meet_as_much_of_its_condition_as_hapi_can_tell(
    store: EpisodeStore, query: str, status: int
) -> None:
    assert send(store, "POST", "Patient", patient("x"), {"if-none-exist": query}).status == status


def test_a_condition_makes_one_resource_until_that_is_written_again(store: EpisodeStore) -> None:
    condition = {"if-none-exist": "family:exact=None&given:exact=None"}
    made = send(store, "POST", "Patient", patient("x"), condition)
    turned = {"if-none-exist": "Patient?given:exact=None&family:exact=None"}
    assert said(send(store, "POST", "Patient", patient("x"), turned)).startswith("HAPI-0550: HAPI-2745: The operation")
    assert send(store, "PUT", "Patient?family:exact=None&given:exact=None", patient("x")).status == 409
    id = orjson.loads(made.body)["id"]
    assert send(store, "PUT", f"Patient/{id}", patient(id)).status == 200
    assert send(store, "POST", "Patient", patient("x"), condition).status == 201
