"""The code table: every standard or local code that a world may carry, and how it is written as Coding or concept.

Only rows of `codes.csv` exist here; asking for another code is an error. https://hl7.org/fhir/R4/terminologies.html
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

UCUM = "http://unitsofmeasure.org"
DOSE_UNITS = frozenset({"mg", "{dose}", "{inhalation}"})
"""UCUM units of doses; those of measurements are in the table."""
OTHER_UNITS = frozenset({"[lb_av]", "g/L"})
"""UCUM units in which some sites measure what the table has in another."""

SYSTEMS: Mapping[str, str] = MappingProxyType(
    {
        "adverse-event-outcome": "http://terminology.hl7.org/CodeSystem/adverse-event-outcome",
        "adverse-event-seriousness": "http://terminology.hl7.org/CodeSystem/adverse-event-seriousness",
        "adverse-event-severity": "http://terminology.hl7.org/CodeSystem/adverse-event-severity",
        "allergy-clinical": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
        "allergy-verification": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
        "condition-category": "http://terminology.hl7.org/CodeSystem/condition-category",
        "condition-clinical": "http://terminology.hl7.org/CodeSystem/condition-clinical",
        "condition-ver-status": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
        "consent-scope": "http://terminology.hl7.org/CodeSystem/consentscope",
        "data-absent-reason": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
        "discharge-disposition": "http://terminology.hl7.org/CodeSystem/discharge-disposition",
        "encounter-class": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
        "icd-10-cm": "http://hl7.org/fhir/sid/icd-10-cm",
        "identifier-type": "http://terminology.hl7.org/CodeSystem/v2-0203",
        "interpretation": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
        "loinc": "http://loinc.org",
        "medicationrequest-category": "http://terminology.hl7.org/CodeSystem/medicationrequest-category",
        "note-category": "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
        "observation-category": "http://terminology.hl7.org/CodeSystem/observation-category",
        "race": "urn:oid:2.16.840.1.113883.6.238",
        "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
        "site-catalogue": "http://ehr-sandbox.example/fhir/CodeSystem/site-catalogue",
        "snomed": "http://snomed.info/sct",
        "trial": "http://ehr-sandbox.example/fhir/CodeSystem/trial-terms",
        "us-core-category": "http://hl7.org/fhir/us/core/CodeSystem/us-core-category",
    }
)
"""Short names of the code systems, for `coding` and `concept`."""


class UnknownCodeError(LookupError):
    """A code that the table does not hold."""


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One row. unit: UCUM; low, high: ordinary adult reference range as decimal text, empty if none."""

    system: str
    code: str
    display: str
    kind: str
    unit: str
    low: str
    high: str


def _read() -> Mapping[tuple[str, str], CodeRow]:
    text = (files("fhir_seed") / "codes.csv").read_text(encoding="utf-8")
    rows = (
        CodeRow(r["system"], r["code"], r["display"], r["kind"], r["unit"], r["low"], r["high"])
        for r in csv.DictReader(text.splitlines())
    )
    return MappingProxyType({(row.system, row.code): row for row in rows})


TABLE = _read()
"""By (system URL, code)."""
_UNITS = frozenset(row.unit for row in TABLE.values() if row.unit) | OTHER_UNITS


def lookup(system: str, code: str) -> CodeRow:
    """system: a key of SYSTEMS. Raises UnknownCodeError."""
    try:
        return TABLE[SYSTEMS[system], code]
    except KeyError:
        raise UnknownCodeError(
            f"{system}|{code} is not in codes.csv: use a verified code, or add one with its source"
        ) from None


def coding(system: str, code: str) -> dict[str, Any]:
    """A FHIR Coding with the table's display. Raises UnknownCodeError."""
    row = lookup(system, code)
    return {"system": row.system, "code": row.code, "display": row.display}


def concept(system: str, code: str, text: str | None = None) -> dict[str, Any]:
    """A CodeableConcept of one Coding; text: the display unless given. Raises UnknownCodeError."""
    one = coding(system, code)
    return {"coding": [one], "text": text or one["display"]}


def unknown_codes(node: Any) -> list[str]:
    """`system|code` of each Coding in a resource that is not in the table as written, and of each unknown UCUM unit."""
    return sorted({f"{one['system']}|{one['code']}" for one in _coded(node) if not _is_known(one)})


def _is_known(one: Mapping[str, Any]) -> bool:
    if one["system"] == UCUM:
        return one["code"] in DOSE_UNITS or one["code"] in _UNITS
    row = TABLE.get((one["system"], one["code"]))
    return row is not None and one.get("display") == row.display


def _coded(node: Any) -> Iterator[dict[str, Any]]:
    """Every Coding and coded Quantity: a dict with `system` and `code`."""
    if isinstance(node, dict):
        if "system" in node and "code" in node:
            yield node
        for value in node.values():
            yield from _coded(value)
    elif isinstance(node, list):
        for value in node:
            yield from _coded(value)
