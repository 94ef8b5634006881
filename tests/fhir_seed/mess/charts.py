"""Small charts for one phenomenon at a time, which strikes wherever it can."""

from collections.abc import Sequence
from typing import Any

import orjson

from fhir_seed.codes import UCUM, concept
from fhir_seed.trial_audit.mess import Guard, MessLog, guard_of
from fhir_seed.trial_audit.mess.chart import Chart, Setting
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.phenomena import PHENOMENA
from fhir_seed.trial_audit.mess.rates import MILLION
from fhir_seed.trial_audit.render.written import decimal, fixed
from tasks.trial_audit import EXTENDED_TYPES, FINDING_TYPES, Protocol
from tests.helpers.chart import EQUITY, PROTOCOL

Json = dict[str, Any]
NOW = "2026-03-02T14:00:00Z"
OPEN = guard_of(FINDING_TYPES)
EXTENDED = guard_of(EXTENDED_TYPES)
SUBJECT = {"reference": "Patient/p"}
VISIT = fixed({"reference": "Encounter/e"})
NEXT_VISIT = fixed({"reference": "Encounter/f"})


def struck(
    name: str, *rows: Json, guard: Guard = OPEN, protocol: Protocol = PROTOCOL, rate: int = MILLION
) -> tuple[dict[str, Json], Draw]:
    """The finished chart of patient p by reference, decimals as floats, after the phenomenon alone; and its draw."""
    setting = Setting(protocol, guard, NOW)
    draw = Draw(b"an example", name, rate)
    step = PHENOMENA[name](draw, setting)
    charts = [[one, *_others(rows)] for one in rows if one["resourceType"] == "Patient"] or [[patient(), *rows]]
    finished: list[Json] = []
    for chart_rows in charts:
        chart = Chart(chart_rows, setting)
        step(chart)
        finished += chart.finished()
    read = [orjson.loads(orjson.dumps(row)) for row in finished]
    return {f"{row['resourceType']}/{row['id']}": row for row in read}, draw


def _others(rows: Sequence[Json]) -> list[Json]:
    return [row for row in rows if row["resourceType"] != "Patient"]


def compared(arm: str) -> Json:
    """A ResearchSubject of an arm of EQUITY."""
    return {"resourceType": "ResearchSubject", "id": "s", "individual": SUBJECT, "assignedArm": arm}


def patient(**changes: Any) -> Json:
    return {
        "resourceType": "Patient",
        "id": "p",
        "name": [{"use": "official", "family": "Miller", "given": ["Ann", "Lee"]}],
        "gender": "female",
        "birthDate": "1970-06-15",
        "managingOrganization": {"reference": "Organization/west"},
        "extension": [race("2106-3", "White"), {"url": "http://example.org/other", "valueCode": "x"}],
    } | changes


def race(code: str, words: str) -> Json:
    parts = [
        {"url": "ombCategory", "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": code}},
        {"url": "text", "valueString": words},
    ]
    return {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race", "extension": parts}


def observation(id_: str, code: str, value: tuple[int, int, str] | None, category: str, **changes: Any) -> Json:
    """value: (scaled, places, unit)."""
    row: Json = {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "category": [concept("observation-category", category)],
        "code": fixed(concept("loinc", code)),
        "subject": SUBJECT,
        "encounter": VISIT,
        "effectiveDateTime": "2023-03-01T09:30:00-05:00",
    }
    if value is not None:
        scaled, places, unit = value
        row["valueQuantity"] = {"value": decimal(scaled, places), "unit": unit, "system": UCUM, "code": unit}
    return row | changes


def hemoglobin(id_: str = "l", **changes: Any) -> Json:
    issued = {"issued": "2023-03-01T14:00:00-05:00"}
    return observation(id_, "718-7", (127, 1, "g/dL"), "laboratory", **issued | changes)


def weight(id_: str = "w", kilograms: int = 701, **changes: Any) -> Json:
    """Tenths of kg."""
    return observation(id_, "29463-7", (kilograms, 1, "kg"), "vital-signs", **changes)


def ecog(id_: str = "g", **changes: Any) -> Json:
    return observation(id_, "89247-1", None, "survey", valueInteger=1, **changes)


def order(id_: str = "m", text: str = "81 mg by mouth daily", **changes: Any) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": id_,
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": fixed(concept("rxnorm", "243670")),
        "subject": SUBJECT,
        "encounter": VISIT,
        "authoredOn": "2023-03-01T09:30:00-05:00",
        "dosageInstruction": fixed([{"text": text, "doseAndRate": [{"doseQuantity": {"value": 81, "unit": "mg"}}]}]),
    } | changes


def problem(id_: str = "c", icd: str = "G47.33", category: str = "problem-list-item", **changes: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": id_,
        "clinicalStatus": concept("condition-clinical", "active"),
        "verificationStatus": concept("condition-ver-status", "confirmed"),
        "category": [concept("condition-category", category)],
        "code": concept("icd-10-cm", icd),
        "subject": SUBJECT,
    } | changes


def logged(log: MessLog, reference: str) -> set[str]:
    """Phenomena that touched a resource."""
    return {touch.phenomenon for touch in log.touches if touch.reference == reference}


__all__ = ["EQUITY", "PROTOCOL"]
