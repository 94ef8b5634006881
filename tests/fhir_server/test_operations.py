"""The operations: $everything, $validate, $meta and its changes, $diff, $lastn, $get-resource-counts."""

from typing import Any

import orjson
import pytest

from fhir_r4 import Request, Response
from fhir_server import EmbeddedBackend
from fhir_server.operations import OPERATIONS
from fhir_server.operations.placed import place
from fhir_server.store import EpisodeStore
from tests.helpers.fhir import observation, patient, world_of

JSON = {"content-type": "application/fhir+json"}
BASE = "http://x/fhir"


class Server:
    """A forked store, and short ways to ask it."""

    def __init__(self, backend: EmbeddedBackend, store: EpisodeStore) -> None:
        self.backend, self.store = backend, store

    def ask(self, method: str, url: str, body: object = None) -> Response:
        path, _, query = url.partition("?")
        data = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        return self.backend.answer(self.store, Request(method, path, query, JSON, data))

    def get(self, url: str) -> Any:
        return orjson.loads(self.ask("GET", url).body)

    def post(self, url: str, body: object) -> Any:
        return orjson.loads(self.ask("POST", url, body).body)


def to(reference: str) -> dict[str, str]:
    return {"reference": reference}


@pytest.fixture
async def server() -> Server:
    resources = [
        {"resourceType": "Practitioner", "id": "dr"},
        patient("a", generalPractitioner=[to("Practitioner/dr")]),
        patient("b", link=[{"other": to("Patient/a"), "type": "seealso"}]),
        {"resourceType": "Group", "id": "g", "type": "person", "member": [{"entity": to("Patient/a")}]},
        observation("o1", "a", effectiveDateTime="2020-01-01"),
        observation("o2", "b", effectiveDateTime="2020-02-01"),
        observation("o3", "a", effectiveDateTime="2020-03-01"),
    ]
    backend = EmbeddedBackend()
    return Server(backend, backend.fork_now(await backend.load(world_of(resources)), BASE))


def references(bundle: Any) -> list[str]:
    return [entry["fullUrl"].removeprefix(BASE + "/") for entry in bundle["entry"]]


def test_everything_is_the_patient_then_referrers_then_what_those_refer_to(server: Server) -> None:
    found = references(server.get("Patient/a/$everything"))
    assert found == ["Patient/a", "Patient/b", "Observation/o1", "Observation/o3", "Practitioner/dr"]


def test_everything_of_all_patients_follows_patients_too(server: Server) -> None:
    found = references(server.get("Patient/$everything"))
    assert found[:2] == ["Patient/a", "Patient/b"]
    assert set(found) == {"Patient/a", "Patient/b", *(f"Observation/o{n}" for n in (1, 2, 3)), "Practitioner/dr"}


def test_everything_sees_what_the_episode_wrote(server: Server) -> None:
    server.ask("DELETE", "Observation/o1")
    server.ask("PUT", "Observation/o2", observation("o2", "a"))
    assert references(server.get("Patient/a/$everything?_type=Observation")) == [
        "Patient/a",
        "Observation/o2",
        "Observation/o3",
    ]


@pytest.mark.parametrize(
    ("method", "url", "status", "says"),
    [
        ("GET", "Patient/nobody/$everything", 404, "HAPI-2841"),
        ("GET", "Patient/a/$everything?_type=Nope", 404, "HAPI-2197"),
        ("GET", "Observation/o1/$everything", 400, "does not know how to handle"),
        ("GET", "Patient/a/$expunge", 400, "does not know how to handle"),
        ("GET", "Patient/a/$meta-add", 405, "HAPI-0426"),
        ("DELETE", "Patient/a/$meta", 405, "HAPI-0427"),
        ("GET", "Patient/$validate", 400, "HAPI-0992"),
        ("GET", "Patient/a/$validate?mode=create", 422, "HAPI-0997"),
        ("GET", "$diff?from=Patient/a&to=Observation/o1", 400, "HAPI-1129"),
        ("GET", "$diff?from=Patient/a", 400, "from and to"),
        ("GET", "Patient/a/$diff?fromVersion=7", 404, "HAPI-0979"),
        ("GET", "Observation/$lastn?nope=1", 400, "HAPI-0524"),
    ],
)
def test_refusals_are_those_of_hapi(server: Server, method: str, url: str, status: int, says: str) -> None:
    response = server.ask(method, url)
    assert response.status == status
    assert says in orjson.loads(response.body)["issue"][0]["diagnostics"]


def test_a_deleted_patient_has_no_everything(server: Server) -> None:
    for id in ("g", "b"):
        server.ask("DELETE", f"{'Group' if id == 'g' else 'Patient'}/{id}")
    for id in ("o1", "o2", "o3"):
        server.ask("DELETE", f"Observation/{id}")
    server.ask("DELETE", "Patient/b")
    assert server.ask("GET", "Patient/b/$everything").status == 410


def issues(outcome: Any) -> list[tuple[str, str]]:
    """(place, text) of each error."""
    return [(i["location"][0], i["diagnostics"]) for i in outcome["issue"] if i["severity"] == "error"]


STRUCTURES: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    ('"name":{"family":"x"}', [("Patient.name", "The property name must be a JSON Array, not an Object (at Patient)")]),
    ('"contact":[{}]', [("Patient.contact[0]", "Object must have some content")]),
    (
        '"photo":[]',
        [("Patient.photo", "Array cannot be empty - the property should not be present if it has no values")],
    ),
    ('"active":"true"', [("Patient.active", "Error parsing JSON: the primitive value must be a boolean")]),
    ('"name":[{"zip":1}]', [("Patient.name[0]", "Unrecognized property 'zip'")]),
    (
        '"link":[{"type":"refer"}]',
        [
            (
                "Patient.link[0]",
                "Patient.link.other: minimum required = 1, but only found 0 "
                "(from http://hl7.org/fhir/StructureDefinition/Patient|4.0.1)",
            )
        ],
    ),
)


@pytest.mark.parametrize(("members", "expected"), STRUCTURES)
def test_validation_names_the_element(server: Server, members: str, expected: list[tuple[str, str]]) -> None:
    body = f'{{"resourceType":"Patient",{members}}}'.encode()
    assert issues(server.post("Patient/$validate", body)) == expected


def test_validation_says_line_and_column_of_the_end(server: Server) -> None:
    body = b'{\n "resourceType":"Patient",\n "gender":"male","gender2":"x",\n "name":[{"family":"x"}]\n}'
    first, last = server.post("Patient/$validate", body)["issue"]
    assert (first["location"][1], last["location"][1]) == ("Line[3] Col[31]", "Line[1] Col[2]")


def test_places_are_behind_the_last_character() -> None:
    found = place('{"a": [1, "b"],\n "c": {}}')
    assert (found.line, found.column) == (1, 10)
    assert [(item.line, item.column) for item in found.value["a"].value] == [(1, 9), (1, 14)]
    assert (found.value["c"].line, found.value["c"].column) == (2, 9)


def labelled(**labels: Any) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": labels}]}


def test_labels_are_changed_in_place_and_found(server: Server) -> None:
    tag, profile = {"system": "s", "code": "x"}, "http://p.example"
    server.post("Patient/a/$meta-add", labelled(tag=[tag], profile=[profile]))
    server.post("Patient/a/$meta-add", labelled(tag=[tag]))
    meta = server.get("Patient/a/$meta")["parameter"][0]["valueMeta"]
    assert (meta["versionId"], meta["tag"], meta["profile"]) == ("1", [tag], [profile])
    assert references(server.get("Patient?_tag=x")) == ["Patient/a"]
    assert server.get("$meta")["parameter"][0]["valueMeta"] == {"profile": [profile], "tag": [tag]}
    server.post("Patient/a/$meta-delete", labelled(tag=[tag], profile=[profile]))
    assert server.store.changes() == {}


def test_a_version_keeps_its_labels_after_an_update(server: Server) -> None:
    tag = {"system": "s", "code": "x"}
    server.post("Patient/a/$meta-add", labelled(tag=[tag]))
    server.ask("PUT", "Patient/a", patient("a", gender="male"))
    assert server.get("Patient/a/_history/1")["meta"]["tag"] == [tag]
    assert server.get("Patient/a/_history/2/$meta")["parameter"][0]["valueMeta"]["tag"] == [tag]


def test_a_deleted_resource_keeps_its_labels(server: Server) -> None:
    tag = {"system": "s", "code": "x"}
    server.ask("PUT", "Patient/z", patient("z"))
    server.post("Patient/z/$meta-add", labelled(tag=[tag]))
    server.ask("DELETE", "Patient/z")
    meta = server.get("Patient/z/$meta")["parameter"][0]["valueMeta"]
    assert (meta["versionId"], meta["tag"]) == ("2", [tag])


def test_the_statement_lists_operations_as_hapi_names_them(server: Server) -> None:
    rest = server.get("metadata")["rest"][0]
    encounter, patient = (
        {row["name"]: row["definition"] for row in resource["operation"]}
        for resource in rest["resource"]
        if resource["type"] in ("Encounter", "Patient")
    )
    assert encounter["everything"].endswith("/OperationDefinition/EncounterPatient-it-everything")
    assert patient["everything"] == "http://hl7.org/fhir/OperationDefinition/Patient-everything"
    assert patient["meta-add"].endswith("/OperationDefinition/Multi-i-meta-add")
    assert {row["name"] for row in rest["operation"]} == {"diff", "get-resource-counts", "meta"}


def operations(parameters: Any) -> list[tuple[str, ...]]:
    return [tuple(str(list(part.values())[1]) for part in row["part"]) for row in parameters["parameter"]]


def test_difference_is_a_patch(server: Server) -> None:
    server.ask("PUT", "Patient/a", patient("a", name=[{"family": "x"}, {"family": "y"}], contact=[{"gender": "male"}]))
    changed = patient("a", name=[{"family": "y"}], maritalStatus={"text": "m"}, contact=[{"gender": "female"}])
    server.ask("PUT", "Patient/a", changed)
    assert operations(server.get("Patient/a/$diff")) == [
        ("replace", "Patient.name[0].family", "x", "y"),
        ("delete", "Patient.name[1]"),
        ("insert", "Patient.maritalStatus", "0", "{'text': 'm'}"),
        ("replace", "Patient.contact[0].gender", "male", "female"),
    ]
    assert "parameter" not in server.get("$diff?from=Patient/a&to=Patient/a/_history/3")


def test_difference_of_a_first_version_inserts_it(server: Server) -> None:
    (row,) = server.get("Patient/b/$diff")["parameter"]
    assert row["part"][2]["resource"]["id"] == "b"


def test_last_observations_come_first_by_subject_and_code(server: Server) -> None:
    assert references(server.get("Observation/$lastn?patient=b")) == [
        "Observation/o3",
        "Observation/o1",
        "Observation/o2",
    ]


def test_counts_follow_the_episode(server: Server) -> None:
    server.ask("DELETE", "Observation/o1")
    counts = {row["name"]: row["valueInteger"] for row in server.get("$get-resource-counts")["parameter"]}
    assert counts == {"Group": 1, "Observation": 2, "Patient": 2, "Practitioner": 1}


def test_every_operation_says_where_it_is_offered() -> None:
    assert all(row.levels <= {"system", "type", "instance", "version"} and row.methods for row in OPERATIONS.values())
