"""Hand-written trial charts: a few subjects, each with only the rows that a rule reads."""

import base64
from typing import Any

Json = dict[str, Any]
DRUG = {"coding": [{"system": "http://local.test/terms", "code": "study-drug-a"}]}
SNOMED, STAGE, INDEX = "http://snomed.info/sct", "399537006", "comorbidity-index"
STAGES = {1: "258215001", 2: "258219007", 3: "258224005", 4: "258228008"}
RACES = {"white": "2106-3", "black": "2054-5", "asian": "2028-9"}


def study(protocol_text: str) -> list[Json]:
    document = {"url": "DocumentReference/protocol"}
    return [
        {
            "resourceType": "ResearchStudy",
            "id": "study",
            "status": "active",
            "relatedArtifact": [{"type": "documentation", "document": document}],
        },
        {
            "resourceType": "DocumentReference",
            "id": "protocol",
            "status": "current",
            "content": [{"attachment": _attached(protocol_text)}],
        },
    ]


def _attached(text: str) -> Json:
    return {"contentType": "text/markdown", "data": base64.b64encode(text.encode()).decode()}


def person(
    name: str,
    *,
    born: str | None = "1960-05-05",
    enrolled: str | None = "2023-03-01",
    arm: str | None = "Standard arm",
    site: str = "Organization/s1",
    died: str | None = None,
    sex: str = "female",
    group: str | None = "white",
    replaced_by: str | None = None,
) -> list[Json]:
    """Patient and ResearchSubject; only the Patient if it is a merged duplicate."""
    patient: Json = {"resourceType": "Patient", "id": name, "gender": sex, "managingOrganization": {"reference": site}}
    subject: Json = {"resourceType": "ResearchSubject", "id": f"rs-{name}", "status": "on-study"}
    subject["individual"] = {"reference": f"Patient/{name}"}
    if born:
        patient["birthDate"] = born
    if died:
        patient["deceasedDateTime"] = died
    if group:
        patient["extension"] = [_group(group)]
    if enrolled:
        subject["period"] = {"start": enrolled}
    if arm:
        subject["assignedArm"] = arm
    if replaced_by:
        return [patient | {"link": [{"type": "replaced-by", "other": {"reference": f"Patient/{replaced_by}"}}]}]
    return [patient, subject]


def _group(group: str) -> Json:
    kind, code = ("us-core-ethnicity", "2135-2") if group == "hispanic" else ("us-core-race", RACES[group])
    category = {"url": "ombCategory", "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": code}}
    return {"url": f"http://hl7.org/fhir/us/core/StructureDefinition/{kind}", "extension": [category]}


def given(name: str, when: str, *, key: str = "1", status: str = "completed") -> Json:
    return {
        "resourceType": "MedicationAdministration",
        "id": f"ma-{name}-{key}",
        "status": status,
        "medicationCodeableConcept": DRUG,
        "subject": {"reference": f"Patient/{name}"},
        "effectiveDateTime": when,
    }


def stage(name: str, value: int, when: str = "2023-02-20", *, key: str = "1", status: str = "final") -> Json:
    row = _observation(f"st-{name}-{key}", name, SNOMED, STAGE, when, status)
    return row | {"valueCodeableConcept": {"coding": [{"system": SNOMED, "code": STAGES[value]}]}}


def index(name: str, value: int, when: str = "2023-02-20", *, key: str = "1", status: str = "final") -> Json:
    row = _observation(f"ix-{name}-{key}", name, "http://local.test/terms", INDEX, when, status)
    return row | {"valueInteger": value}


def _observation(identity: str, name: str, system: str, code: str, when: str, status: str) -> Json:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": status,
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": f"Patient/{name}"},
        "effectiveDateTime": when,
    }


def fatal(name: str, when: str) -> Json:
    return {
        "resourceType": "AdverseEvent",
        "id": f"ae-{name}",
        "actuality": "actual",
        "subject": {"reference": f"Patient/{name}"},
        "date": when,
        "outcome": {"coding": [{"code": "fatal"}]},
    }
