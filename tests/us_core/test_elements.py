"""Mandatory and must-support elements of US Core 6.1.0 over the population of a world; missing data by the IG's rules.

https://hl7.org/fhir/us/core/STU6.1/general-guidance.html
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import orjson
import pytest

from fhir_seed.trial_audit import build
from tasks import PUBLIC_SALT, Address
from tests.us_core.paths import values
from tests.us_core.servers import embedded
from tests.us_core.table import Profile, profiles_of, read_profiles

Resource = dict[str, Any]

_DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core"

ABSENT = {
    "Condition/condition-problems-health-concerns": {
        "http://hl7.org/fhir/StructureDefinition/condition-assertedDate": "onsetDateTime is the other choice of the IG",
        "category:screening-assessment": "no social or functional assessment became a problem in a trial chart",
    },
    "DocumentReference/documentreference": {
        "content.attachment.url": "notes are in attachment.data, the other choice of the IG",
        "content.format": "plain text has no format code",
    },
    "Encounter/encounter": {"reasonReference": "reasonCode is the other choice of the IG"},
    "MedicationRequest/medicationrequest": {"reportedReference": "reportedBoolean is the other choice of the IG"},
    "Observation/blood-pressure": {
        f"component{part}.dataAbsentReason": "both pressures are always taken"
        for part in ("", ":systolic", ":diastolic")
    },
    "Observation/observation-clinical-result": {
        "valueQuantity": "clinical results of the trial are codes",
        "valueString": "clinical results of the trial are codes",
    },
    "Observation/observation-lab": {
        "specimen": "worlds hold no Specimen",
        "valueCodeableConcept": "laboratory results of the trial are quantities",
        "valueString": "laboratory results of the trial are quantities",
    },
    "Observation/observation-screening-assessment": {
        "derivedFrom": "scores of the trial stand alone",
        "hasMember": "scores of the trial stand alone",
        "valueCodeableConcept": "scores are whole numbers",
        "valueQuantity": "scores are whole numbers",
        "valueString": "scores are whole numbers",
    },
    "Patient/patient": {
        f"{_US_CORE}-sex": "birth sex is charted (us-core-birthsex)",
        f"{_US_CORE}-tribal-affiliation": "not asked at registration",
    },
}
"""Must-support elements that worlds do not have: a server sends what it has, and says here why it has it not."""


@cache
def population() -> Sequence[Resource]:
    rows = build(PUBLIC_SALT, Address(suite="trial_audit", variant="easy", index=0)).world.resources
    return tuple(map(orjson.loads, rows))


@cache
def rows_of(profile_url: str) -> Sequence[Resource]:
    return [row for row in population() if profile_url in profiles_of(row)]


PROFILES = tuple(profile for profile in read_profiles() if rows_of(profile.url))


def parents(resource: Resource, path: str) -> list[Any]:
    """What holds the last step of the path: none if an optional element on the way is absent."""
    outer = path.rpartition(".")[0]
    return values(resource, outer) if outer else [resource]


def has(node: Any, step: str) -> bool:
    """The element, or why it is absent, in the IG's words."""
    reasons = values(node, f"_{step}.extension") + values(node, f"{step}.extension")
    return bool(values(node, step)) or any(r["url"] == _DATA_ABSENT for r in reasons)


def supported(profile: Profile) -> Iterator[tuple[str, bool]]:
    """Each must-support element, extension and slice, and whether the population has it."""
    rows = rows_of(profile.url)
    for element in profile.must_support["elements"]:
        path = element if isinstance(element, str) else element["path"]
        found = {str(v) for row in rows for v in values(row, path)}
        yield path, element["fixed"] in found if "fixed" in element else bool(found)
    for extension in profile.must_support["extensions"]:
        yield extension["url"], any(extension["url"] in values(row, "extension.url") for row in rows)
    for part in profile.must_support["slices"]:
        wanted = {part["code"]} if "code" in part else {v["code"] for v in part.get("values", ()) if "code" in v}
        yield f"{part['path']}:{part['name']}", _has_slice(rows, part, wanted)


def _has_slice(rows: Sequence[Resource], part: dict[str, Any], codes: set[str]) -> bool:
    if part["by"] == "type":
        return any(f"{part['path'].removesuffix('[x]')}{part['code']}" in row for row in rows)
    if part["by"] == "patternIdentifier":
        return any(part["system"] in values(row, f"{part['path']}.system") for row in rows)
    if part["by"] == "value":
        return any(part["values"][0]["value"] in values(row, f"{part['path']}.coding.code") for row in rows)
    path = ".".join(filter(None, (part["path"], part.get("at"), "coding.code")))
    return any(codes & set(values(row, path)) for row in rows)


def test_every_profile_that_a_world_claims_is_one_of_the_table() -> None:
    claimed = {url for row in population() for url in profiles_of(row)}
    assert claimed - {profile.url for profile in PROFILES} == set()


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_mandatory_elements_are_on_every_resource(profile: Profile) -> None:
    for path in profile.mandatory:
        step = path.rpartition(".")[2]
        lacking = [r["id"] for r in rows_of(profile.url) for node in parents(r, path) if not has(node, step)]
        assert lacking == [], path


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_must_support_elements_occur_but_for_those_that_say_why_not(profile: Profile) -> None:
    lacking = {path for path, there in supported(profile) if not there}
    assert lacking == set(ABSENT.get(profile.name, ()))


def test_an_observation_without_a_value_says_why_or_has_parts() -> None:
    rows = [r for r in population() if r["resourceType"] == "Observation" and not values(r, "value")]
    assert rows
    assert [r["id"] for r in rows if not r.keys() & {"dataAbsentReason", "component", "hasMember"}] == []


def test_nothing_is_null_or_empty() -> None:
    def empty(node: Any) -> bool:
        if isinstance(node, dict | list):
            return not node or any(map(empty, node.values() if isinstance(node, dict) else node))
        return node is None or node == ""

    assert [r["id"] for r in population() if empty(r)] == []


async def test_what_is_absent_by_the_rules_of_the_ig_is_served_as_written_and_found_as_missing() -> None:
    unknown = {"extension": [{"url": _DATA_ABSENT, "valueCode": "unknown"}]}
    person = {"resourceType": "Patient", "id": "p", "name": [unknown], "gender": "unknown", "_birthDate": unknown}
    coded = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}
    result = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        "subject": {"reference": "Patient/p"},
        "dataAbsentReason": {"coding": [coded]},
    }
    async with embedded([person, result]) as server:
        read = (await server.client.get(f"{server.base}/Patient/p")).json()
        assert {key: read[key] for key in person} == person
        assert (await server.get("Patient?birthdate:missing=true&gender=unknown")).matches == ("Patient/p",)
        assert (await server.get("Patient?birthdate=ge1900")).matches == ()
        assert (await server.get("Observation?value-quantity:missing=true&code=2160-0")).matches == ("Observation/o",)
