"""Reading any FHIR R4 resource without trusting its shape: what is not there, or not as it should be, is None."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

Node = dict[str, Any]


def at(node: Any, *path: str | int) -> Any:
    """What lies at the path, or None: `at(node, "code", "coding", 0, "code")`."""
    for step in path:
        if isinstance(step, str):
            node = node.get(step) if isinstance(node, dict) else None
        else:
            node = node[step] if isinstance(node, list) and -len(node) <= step < len(node) else None
        if node is None:
            return None
    return node


def text_at(node: Any, *path: str | int) -> str | None:
    found = at(node, *path)
    return found if isinstance(found, str) and found else None


def number_at(node: Any, *path: str | int) -> float | None:
    found = at(node, *path)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def rows_at(node: Any, *path: str | int) -> list[Node]:
    """The objects of a list; one object where a list should be is a list of it."""
    found = at(node, *path)
    if isinstance(found, dict):
        return [found]
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def concept_text(concept: Any) -> str | None:
    """How a reader would say it: the text, else the first display, else the first code."""
    codings = rows_at(concept, "coding")
    return (
        text_at(concept, "text")
        or next((shown for c in codings if (shown := text_at(c, "display"))), None)
        or next((code for c in codings if (code := text_at(c, "code"))), None)
    )


def concept_code(concept: Any) -> tuple[str, str]:
    """(system, code) of the first coding in a terminology that everybody uses, else of the first; a text alone is its
    own code."""
    first: tuple[str, str] | None = None
    for coding in rows_at(concept, "coding"):
        if code := text_at(coding, "code"):
            system = text_at(coding, "system") or ""
            if system in _SYSTEMS:
                return system, code
            first = first or (system, code)
    return first or ("", text_at(concept, "text") or "")


_SYSTEMS = {
    "http://snomed.info/sct": "SNOMED CT",
    "http://loinc.org": "LOINC",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://hl7.org/fhir/sid/cvx": "CVX",
    "http://unitsofmeasure.org": "UCUM",
}


def system_name(system: str) -> str:
    """`LOINC` for `http://loinc.org`; of an unknown system the last word of its address."""
    return _SYSTEMS.get(system) or system.rstrip("/").rsplit("/", 1)[-1] or "no system"


def day_of(text: object) -> int | None:
    """The calendar day as written (days since 0001-01-01); the first of a year or month without a day."""
    if not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(
            (text[:10] + "-01-01")[:10] if len(text) < 7 else (text[:10] + "-01")[:10]
        ).toordinal()
    except ValueError:
        return None


def moment_of(text: object) -> float | None:
    """`day_of` and, for a value with a time, the part of the day as written."""
    day = day_of(text)
    if day is None or not isinstance(text, str):
        return None
    try:
        clock = datetime.fromisoformat(text) if len(text) > 10 else None
    except ValueError:
        clock = None
    return day + (clock.hour * 60 + clock.minute) / 1440 if clock else float(day)


_WHEN: dict[str, tuple[tuple[str, ...], ...]] = {
    "Condition": (("onsetDateTime",), ("onsetPeriod", "start"), ("recordedDate",)),
    "ResearchSubject": (("period", "start"),),
    "DocumentReference": (("context", "period", "start"), ("date",)),
}
_WHEN_ELSE: tuple[tuple[str, ...], ...] = (
    ("effectiveDateTime",), ("effectivePeriod", "start"), ("effectiveInstant",), ("performedDateTime",),
    ("performedPeriod", "start"), ("occurrenceDateTime",), ("occurrencePeriod", "start"), ("period", "start"),
    ("billablePeriod", "start"), ("onsetDateTime",), ("authoredOn",), ("dateTime",), ("started",), ("date",),
    ("created",), ("whenHandedOver",), ("issued",), ("recordedDate",), ("recorded",),
)  # fmt: skip
_RECORDED: dict[str, tuple[str, ...]] = {
    "Observation": ("issued",),
    "DiagnosticReport": ("issued",),
    "Condition": ("recordedDate",),
    "AdverseEvent": ("recordedDate",),
    "AllergyIntolerance": ("recordedDate",),
    "Immunization": ("recorded",),
    "DocumentReference": ("date",),
}


def written_when(node: Node) -> str | None:
    """When it happened, as the resource writes it."""
    for path in _WHEN.get(str(node.get("resourceType")), _WHEN_ELSE):
        if found := text_at(node, *path):
            return found
    return None


_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?")


def shown_when(text: str | None) -> str | None:
    """`2024-04-19 09:01 -06:00`: as written, but for the T and for seconds that are none."""
    match = _INSTANT.fullmatch(text or "")
    if not match:
        return text
    seconds = "" if (match[3] or ":00") == ":00" else match[3]
    return f"{match[1]} {match[2]}{seconds}" + (f" {match[4]}" if match[4] else "")


def happened(node: Node) -> float | None:
    return moment_of(written_when(node))


def written_recorded(node: Node) -> str | None:
    """When it was charted, for the types that say so."""
    path = _RECORDED.get(str(node.get("resourceType")))
    return text_at(node, *path) if path else None


def medication_of(node: Node) -> Any:
    """The CodeableConcept; of a reference its display."""
    shown = text_at(node, "medicationReference", "display") or text_at(node, "medicationReference", "reference")
    return at(node, "medicationCodeableConcept") or ({"text": shown} if shown else None)


def main_concept(node: Node) -> Any:
    """What the resource is about."""
    return (
        medication_of(node)
        or at(node, "code")
        or at(node, "vaccineCode")
        or at(node, "event")
        or at(node, "type", 0)
        or at(node, "type")
        or at(node, "category", 0)
    )


def dead_rows(node: Node) -> bool:
    """Whether the resource's status says that it does not count."""
    status = node.get("status")
    said = text_at(node, "verificationStatus", "coding", 0, "code")
    return status in {"entered-in-error", "not-done", "cancelled"} or said == "entered-in-error"


def quantities(observation: Node) -> Iterator[tuple[Any, float, str]]:
    """(concept, value, unit) of the value and of every component that holds a number."""
    for part in (observation, *rows_at(observation, "component")):
        value = number_at(part, "valueQuantity", "value")
        if value is not None:
            unit = text_at(part, "valueQuantity", "unit") or text_at(part, "valueQuantity", "code") or ""
            yield at(part, "code"), value, unit
        elif (whole := number_at(part, "valueInteger")) is not None:
            yield at(part, "code"), whole, ""


def value_text(node: Node) -> str | None:
    """An Observation's value (or a component's) in words."""
    value = number_at(node, "valueQuantity", "value")
    if value is not None:
        unit = text_at(node, "valueQuantity", "unit") or text_at(node, "valueQuantity", "code") or ""
        return f"{text_at(node, 'valueQuantity', 'comparator') or ''}{plain(value)} {unit}".strip()
    if (coded := concept_text(at(node, "valueCodeableConcept"))) is not None:
        return coded
    for name in ("valueString", "valueDateTime", "valueTime", "valueInteger", "valueBoolean"):
        if (found := at(node, name)) is not None:
            return str(found)
    parts = [f"{concept_text(at(c, 'code')) or '?'} {value_text(c) or '-'}" for c in rows_at(node, "component")]
    absent = concept_text(at(node, "dataAbsentReason"))
    return "; ".join(parts) or (f"absent: {absent}" if absent else None)


def plain(value: float) -> str:
    """`7`, `0.85`, `12300`: up to four significant figures."""
    return f"{value:.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"


def rounded(value: float) -> str:
    """For a quantile: three significant figures."""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def iso(day: float) -> str:
    return date.fromordinal(int(day)).isoformat()
