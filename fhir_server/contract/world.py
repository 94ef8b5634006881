"""The small chart that the contract is tried on."""

import re
from typing import Any

import orjson

from fhir_r4 import World, digest, dump_exact

NOW = "2026-03-02T14:00:00Z"

LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
MRN = "http://hospital.example/mrn"


def concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def to(reference: str) -> dict[str, str]:
    return {"reference": reference}


def observation(id: str, patient: str, code: str, value: int, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": concept(LOINC, code, f"Code {code}"),
        "subject": to(f"Patient/{patient}"),
        "valueQuantity": {"value": value, "unit": "/min", "system": UCUM, "code": "/min"},
        **more,
    }


def patient(id: str, family: str, given: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": id,
        "identifier": [{"system": MRN, "value": f"MRN-{id}"}],
        "name": [{"family": family, "given": [given]}],
        **more,
    }


def contract_resources() -> list[dict[str, Any]]:
    """A small chart: four patients, one of them with 30 weights for paging."""
    profile = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
    return [
        {"resourceType": "Organization", "id": "org-a", "name": "General Hospital", "active": True},
        {"resourceType": "Practitioner", "id": "dr-a", "name": [{"family": "House", "given": ["Gregory"]}]},
        patient(
            *("p-a", "Müller", "Anna"),
            meta={"profile": [profile]},
            gender="female",
            birthDate="1980-05-17",
            generalPractitioner=[to("Practitioner/dr-a")],
            managingOrganization=to("Organization/org-a"),
        ),
        patient("p-b", "Smith", "John", gender="male", birthDate="1975-03", deceasedDateTime="2021-07-03T10:00:00Z"),
        patient("p-c", "Smithson", "Johnny", gender="male", birthDate="1990"),
        patient("p-d", "Pageman", "Ada"),
        {
            "resourceType": "Encounter",
            "id": "e-a",
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
            "subject": to("Patient/p-a"),
            "serviceProvider": to("Organization/org-a"),
            "period": {"start": "2020-01-15T22:00:00-05:00", "end": "2020-01-16T03:00:00-05:00"},
        },
        {
            "resourceType": "Condition",
            "id": "c-a",
            "code": concept(SNOMED, "44054006", "Diabetes mellitus type 2"),
            "subject": to("Patient/p-a"),
            "encounter": to("Encounter/e-a"),
            "onsetDateTime": "2015-04",
        },
        observation(
            "o-a", "p-a", "8867-4", 88, effectiveDateTime="2020-01-15T22:30:00-05:00", encounter=to("Encounter/e-a")
        ),
        observation("o-b", "p-a", "8867-4", 72, effectiveDateTime="2020-03-02"),
        observation("o-c", "p-b", "8867-4", 110, effectiveDateTime="2021-06-01T09:00:00Z"),
        observation("o-d", "p-b", "2339-0", 98, effectivePeriod={"start": "2021-06-01", "end": "2021-06-03"}),
        *(
            observation(f"w-{n:02}", "p-d", "29463-7", 60 + n, effectiveDateTime=f"2022-01-{n:02}T08:00:00Z")
            for n in range(1, 31)
        ),
    ]


_EXACT = b'"valueQuantity":{"code":"mg/dL","system":"http://unitsofmeasure.org","unit":"mg/dL","value":5.40}'


def contract_world() -> World:
    """The same bytes each time; Observation/o-exact has a decimal with a last zero."""
    blobs = [dump_exact(resource).encode() for resource in contract_resources()]
    exact = dump_exact(observation("o-exact", "p-c", "2345-7", 5)).encode()
    blobs.append(re.sub(rb'"valueQuantity":\{[^}]*\}', _EXACT, exact))
    parsed = [orjson.loads(blob) for blob in blobs]
    counts: dict[str, int] = {}
    for resource in parsed:
        counts[resource["resourceType"]] = counts.get(resource["resourceType"], 0) + 1
    rows = ((f"{one['resourceType']}/{one['id']}", blob) for one, blob in zip(parsed, blobs, strict=True))
    return World(NOW, tuple(blobs), counts, digest(rows))
