"""Rows that section 8 reads, for the subject of `tests.helpers.chart`; and a protocol that has the section.

Starting dose 200 mg, results up to 3 days before a dose, hemoglobin 28, washout 7, overlap 7 days, factor 1.5;
ibuprofen is prohibited, metformin has a creatinine limit of 1.80.
"""

from base64 import b64encode
from typing import Any

from fhir_seed.trial_audit.terms import LOCAL_SYSTEM, MEMBER_NUMBER, STUDY_PROCEDURE
from tasks.trial_audit import ExtendedRules, MedicineGroup
from tests.helpers.chart import PROTOCOL, Json, dose, patient, subject

RULES = ExtendedRules(
    dose=200,
    lab_days=3,
    eligibility_days=28,
    washout_days=7,
    overlap_days=7,
    reporting_days=1,
    dose_tolerance=5,
    weight_factor=15,
    medicines=(
        MedicineGroup(name="ibuprofen", codes=("310965", "5640"), prohibited=True),
        MedicineGroup(name="lisinopril", codes=("29046", "314076", "314077"), prohibited=False),
        MedicineGroup(name="metformin", codes=("860975",), prohibited=False, creatinine_limit=180),
    ),
)
EXTENDED = PROTOCOL.model_copy(update={"extended": RULES})
HEMOGLOBIN, NEUTROPHILS, PLATELETS, CREATININE, WEIGHT = "718-7", "751-8", "777-3", "2160-0", "29463-7"
SAFETY = {NEUTROPHILS: 4.0, PLATELETS: 200, CREATININE: 0.9}
IBUPROFEN, LISINOPRIL, LISINOPRIL_20, METFORMIN = "310965", "314076", "314077", "860975"
DRUG_DAYS = ("2023-03-10", "2023-03-31", "2023-04-21")

_LOINC = "http://loinc.org"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def given(key: str, on: str, mg: float = 200, **changes: Any) -> Json:
    """An administration `m<key>` with its dose."""
    return dose(f"m{key}", on=on, dosage={"dose": {"value": mg, "unit": "mg"}}, **changes)


def result(key: str, code: str, value: float, on: str, **changes: Any) -> Json:
    """A final result `r<key>`."""
    base = {
        "resourceType": "Observation",
        "id": f"r{key}",
        "status": "final",
        "code": {"coding": [{"system": _LOINC, "code": code}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": on,
        "valueQuantity": {"value": value},
    }
    return {k: v for k, v in (base | changes).items() if v is not None}


def safe(key: str, on: str, **values: float) -> list[Json]:
    """The three safety results of a day: `rn<key>`, `rp<key>`, `rc<key>`."""
    named = {"n": NEUTROPHILS, "p": PLATELETS, "c": CREATININE}
    return [result(f"{letter}{key}", code, values.get(letter, SAFETY[code]), on) for letter, code in named.items()]


def chart(*more: Json, doses: tuple[float, ...] = (200, 200, 200), labs: bool = True) -> list[Json]:
    """A lawful subject with three administrations m1 to m3, then what is added."""
    rows = [patient(), subject(), result("h", HEMOGLOBIN, 12.1, "2023-02-20")]
    for key, (day, mg) in enumerate(zip(DRUG_DAYS, doses, strict=True), 1):
        rows.append(given(str(key), day, mg))
        rows += safe(str(key), day) if labs else []
    return [*rows, *more]


def consent(key: str, on: str, status: str = "active", scope: str = "research") -> Json:
    return {
        "resourceType": "Consent",
        "id": f"c{key}",
        "status": status,
        "scope": {"coding": [{"code": scope}]},
        "patient": {"reference": "Patient/p"},
        "dateTime": on,
    }


def procedure(key: str, on: str, status: str = "completed", *, study: bool = True) -> Json:
    base = {
        "resourceType": "Procedure",
        "id": f"x{key}",
        "status": status,
        "subject": {"reference": "Patient/p"},
        "performedDateTime": on,
    }
    return base | ({"category": {"coding": [{"system": LOCAL_SYSTEM, "code": STUDY_PROCEDURE}]}} if study else {})


def order(key: str, code: str, on: str, end: str | None = None, **changes: Any) -> Json:
    base = {
        "resourceType": "MedicationRequest",
        "id": f"o{key}",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "medicationCodeableConcept": {"coding": [{"system": _RXNORM, "code": code}]},
        "authoredOn": on,
    }
    period = {"dispenseRequest": {"validityPeriod": {"start": on, "end": end}}} if end else {}
    return base | period | changes


def allergy(key: str, code: str, on: str, **changes: Any) -> Json:
    base = {
        "resourceType": "AllergyIntolerance",
        "id": f"a{key}",
        "patient": {"reference": "Patient/p"},
        "type": "allergy",
        "criticality": "high",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"coding": [{"system": _RXNORM, "code": code}]},
        "recordedDate": on,
    }
    return base | changes


def event(key: str, severity: str, on: str, suspect: str, **changes: Any) -> Json:
    base = {
        "resourceType": "AdverseEvent",
        "id": f"e{key}",
        "actuality": "actual",
        "subject": {"reference": "Patient/p"},
        "severity": {"coding": [{"code": severity}]},
        "date": on,
        "suspectEntity": [{"instance": {"reference": f"MedicationAdministration/{suspect}"}}],
    }
    return base | changes


def serious(key: str, detected: str, recorded: str, kind: str = "Serious") -> Json:
    changes = {"detected": detected, "recordedDate": recorded, "seriousness": {"coding": [{"code": kind}]}}
    return event(key, "moderate", detected, "m1", **changes)


def ecog(key: str, score: int, visit: str, on: str = "2023-02-20", **changes: Any) -> Json:
    whole = {"valueQuantity": None, "valueInteger": score, "encounter": {"reference": f"Encounter/{visit}"}}
    return result(key, "89247-1", 0, on, **(whole | changes))


def note(key: str, text: str, visit: str, **changes: Any) -> Json:
    base = {
        "resourceType": "DocumentReference",
        "id": f"d{key}",
        "status": "current",
        "type": {"coding": [{"system": _LOINC, "code": "34117-2"}]},
        "subject": {"reference": "Patient/p"},
        "content": [{"attachment": {"contentType": "text/plain", "data": b64encode(text.encode()).decode()}}],
        "context": {"encounter": [{"reference": f"Encounter/{visit}"}]},
    }
    return base | changes


def named(id_: str, given_name: str, member: str, **changes: Any) -> Json:
    """A Patient called Ames."""
    name = [{"use": "official", "family": "Ames", "given": [given_name]}]
    return patient(id_, name=name, identifier=[{"system": MEMBER_NUMBER, "value": member}], **changes)
