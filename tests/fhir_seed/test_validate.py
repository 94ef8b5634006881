import orjson
import pytest

from fhir_r4 import World
from fhir_seed.validate import ShapeMemo, dangling_references, validate_resource

OBSERVATION = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"text": "x"},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2024-02-03T10:00:00-05:00",
    "valueQuantity": {"value": 7.5, "comparator": "<"},
}
CONDITION = {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"}}


def test_a_good_resource_has_no_problems_as_dict_or_bytes():
    assert validate_resource(OBSERVATION) == []
    assert validate_resource(orjson.dumps(OBSERVATION)) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"resourceType": "Poem"}, "not an R4 resource type"),
        ({"resourceType": "SubscriptionStatus"}, "not an R4 resource type"),
        ({"status": "done"}, "Observation.status: 'done' is not one of"),
        ({"status": None}, "Observation.status"),
        ({"colour": "red"}, "Observation.colour: R4 has no such element"),
        ({"subject": {"reference": "Medication/m1"}}, "Medication is not one of Device, Group, Location, Patient"),
        ({"encounter": {"reference": "Patient/p1"}}, "Patient is not one of Encounter"),
        ({"effectiveDateTime": "2024-02-03T10:00:00"}, "effectiveDateTime"),
        ({"effectiveDateTime": "2024-13-03"}, "effectiveDateTime"),
        ({"effectiveDateTime": "2026-02-30"}, "effectiveDateTime"),
        ({"issued": "2024-02-03"}, "issued"),
        ({"valueInteger": 3}, "value"),
        ({"valueQuantity": {"value": "seven"}}, "valueQuantity"),
        ({"valueQuantity": {"value": 7, "comparator": "~"}}, "comparator: '~' is not one of"),
        ({"note": {"text": "x"}}, "note"),
        ({"id": "no spaces please"}, "id"),
    ],
)
def test_a_bad_resource_is_caught(change, says):
    problems = validate_resource({k: v for k, v in {**OBSERVATION, **change}.items() if v is not None})
    assert any(says in problem for problem in problems), problems


@pytest.mark.parametrize(("code", "valid"), [("active", True), ("dormant", False)])
def test_a_required_concept_must_have_a_code_of_its_value_set(code, valid):
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    resource = CONDITION | {"clinicalStatus": {"coding": [{"system": system, "code": code}]}}
    assert (validate_resource(resource) == []) is valid


def test_the_memo_validates_one_resource_of_each_shape():
    memo = ShapeMemo()
    bad = orjson.dumps(OBSERVATION | {"status": "done"})
    other_shape = orjson.dumps(CONDITION)
    assert len(memo.problems(bad)) == 1
    assert memo.problems(bad) == []
    assert memo.problems(other_shape) == []
    assert memo.shapes == 2


def test_dangling_references_are_named():
    patient = {"resourceType": "Patient", "id": "p2"}
    world = World("2026-01-01T00:00:00Z", tuple(map(orjson.dumps, (OBSERVATION, patient))), {}, "")
    assert dangling_references(world) == ["Observation/o1 -> Patient/p1"]
