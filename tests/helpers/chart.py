"""Minimal trial charts, one clause at a time: a clean subject, and keywords for what is different about it.

Enrolment is 2023-03-01, treatment starts nine days later, the site is five hours behind UTC, the range is 18 to 75,
the windows are 21 and 31 days, an index over 3 voids the longer one.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from fhir_seed.trial_audit.terms import (
    COMORBIDITY_INDEX,
    LOCAL_SYSTEM,
    SNOMED,
    STAGE_GROUP,
    STAGE_VALUES,
    STUDY_DRUG_CODES,
)
from tasks.trial_audit import EquityThresholds, Protocol, Site

DRUG = STUDY_DRUG_CODES[0]
PROTOCOL = Protocol(
    number="ONC-4127",
    title="A trial",
    drug_code=DRUG,
    drug_name="Study drug A",
    cancer="Malignant neoplasm of colon",
    control_arm="Standard",
    treatment_arm="Study drug A",
    age_min=18,
    age_max=75,
    window=21,
    stage_iv_window=31,
    comorbidity_threshold=3,
    escalate=2,
    equity=None,
    sites=(
        Site(organization="Organization/west", name="West", offset_minutes=-300),
        Site(organization="Organization/east", name="East", offset_minutes=330),
    ),
)
EQUITY = PROTOCOL.model_copy(update={"equity": EquityThresholds(dominance=70, male=60, gap=15)})

WHITE, BLACK, HISPANIC = "2106-3", "2054-5", "2135-2"
_OMB = "urn:oid:2.16.840.1.113883.6.238"
_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"

Json = dict[str, Any]


def written(*resources: Json) -> list[bytes]:
    return [orjson.dumps(resource) for resource in resources]


def patient(id_: str = "p", **changes: Any) -> Json:
    """A Patient of site west, born 1970; None takes an element away."""
    base = {
        "resourceType": "Patient",
        "id": id_,
        "gender": "female",
        "birthDate": "1970-06-15",
        "managingOrganization": {"reference": "Organization/west"},
    }
    return {k: v for k, v in (base | changes).items() if v is not None}


def group(*races: str, ethnicity: str | None = None, system: str = _OMB) -> list[Json]:
    """The `extension` of a Patient: US Core race and ethnicity."""

    def part(name: str, codes: Sequence[str]) -> Json:
        codings = [{"url": "ombCategory", "valueCoding": {"system": system, "code": code}} for code in codes]
        return {"url": _US_CORE + name, "extension": [*codings, {"url": "text", "valueString": name}]}

    return [part("race", races)] + ([part("ethnicity", [ethnicity])] if ethnicity else [])


def merged(id_: str, into: str, **changes: Any) -> Json:
    return patient(id_, link=[{"other": {"reference": f"Patient/{into}"}, "type": "replaced-by"}], **changes)


def subject(id_: str = "s", of: str = "p", start: str | None = "2023-03-01", **changes: Any) -> Json:
    """An enrolled ResearchSubject; start=None or assignedArm=None makes a screen failure."""
    base = {
        "resourceType": "ResearchSubject",
        "id": id_,
        "status": "on-study",
        "period": {"start": start} if start else {},
        "individual": {"reference": f"Patient/{of}"},
        "assignedArm": "Study drug A",
    }
    return {k: v for k, v in (base | changes).items() if v is not None}


def dose(id_: str = "m", on: str | None = "2023-03-10", of: str = "p", drug: str = DRUG, **changes: Any) -> Json:
    """A completed MedicationAdministration of the study drug."""
    base = {
        "resourceType": "MedicationAdministration",
        "id": id_,
        "status": "completed",
        "subject": {"reference": f"Patient/{of}"},
        "medicationCodeableConcept": {"coding": [{"system": LOCAL_SYSTEM, "code": drug}]},
        "effectiveDateTime": on,
    }
    return {k: v for k, v in (base | changes).items() if v is not None}


def stage(value: int, id_: str = "o", on: str = "2023-02-20", of: str = "p", **changes: Any) -> Json:
    """A final stage group Observation."""
    base = {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"coding": [{"system": SNOMED, "code": STAGE_GROUP}]},
        "subject": {"reference": f"Patient/{of}"},
        "effectiveDateTime": on,
        "issued": "2023-02-21T10:00:00Z",
        "valueCodeableConcept": {"coding": [{"system": SNOMED, "code": STAGE_VALUES[value]}]},
    }
    return {k: v for k, v in (base | changes).items() if v is not None}


def index(value: int, id_: str = "i", on: str = "2023-02-20", of: str = "p", **changes: Any) -> Json:
    """A final comorbidity index Observation."""
    base = {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"coding": [{"system": LOCAL_SYSTEM, "code": COMORBIDITY_INDEX}]},
        "subject": {"reference": f"Patient/{of}"},
        "effectiveDateTime": on,
        "issued": "2023-02-21T10:00:00Z",
        "valueInteger": value,
    }
    return {k: v for k, v in (base | changes).items() if v is not None}


def fatal_event(id_: str = "a", on: str | None = "2023-03-05", of: str = "p", outcome: str = "fatal") -> Json:
    """An AdverseEvent with that outcome."""
    system = "http://terminology.hl7.org/CodeSystem/adverse-event-outcome"
    return {
        "resourceType": "AdverseEvent",
        "id": id_,
        "actuality": "actual",
        "subject": {"reference": f"Patient/{of}"},
        "outcome": {"coding": [{"system": system, "code": outcome}]},
    } | ({"date": on} if on else {})
