"""The resources of a world by person, and what the checks ask of them: moments, codes, values."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from fhir_seed.trial_audit.terms import LOCAL_SYSTEM

Json = dict[str, Any]
COUNTED = frozenset({"final", "amended", "corrected"})
"""Statuses of Observations that are believed."""
POUNDS, _POUND = "[lb_av]", 0.45359237
_OWNERS = ("subject", "individual", "patient")
_EAST, _WEST = 14 * 3600, 12 * 3600


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds since 1970 between which it lies: the same twice for an instant, a whole day anywhere for a date."""

    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Person:
    """patient: the surviving Patient; rows: what belongs to the person and was not entered in error, by type."""

    patient: Json
    rows: Mapping[str, list[Json]]

    @property
    def reference(self) -> str:
        return f"Patient/{self.patient['id']}"

    def of(self, kind: str) -> list[Json]:
        return self.rows.get(kind, [])

    def measured(self, code: str) -> list[Json]:
        """Believed Observations of a code that have a value and say when."""
        return [
            row
            for row in self.of("Observation")
            if row["status"] in COUNTED and has_code(row["code"], code) and "effectiveDateTime" in row
            if value(row) is not None
        ]

    def doses(self) -> list[Json]:
        """Completed administrations of the study drug, by time."""
        given = [
            row
            for row in self.of("MedicationAdministration")
            if row["status"] == "completed" and is_study_drug(row.get("medicationCodeableConcept"))
        ]
        return sorted((row for row in given if "effectiveDateTime" in row), key=taken)


@dataclass(frozen=True, slots=True)
class Chart:
    """now: seconds since 1970."""

    now: float
    people: tuple[Person, ...]
    rows: Mapping[str, Json]
    """By reference, all of them."""

    def target(self, reference: Mapping[str, str] | None) -> Json:
        """What it points to; nothing if it is not there."""
        return self.rows.get((reference or {}).get("reference", ""), {})


Check = Callable[[Person, Chart], Iterator[tuple[str, str]]]
"""Yields (reference of a resource, what is doubtful about it)."""


def read_chart(resources: Iterable[bytes], now: str) -> Chart:
    rows = {f"{row['resourceType']}/{row['id']}": row for row in map(orjson.loads, resources)}
    owned: dict[str, dict[str, list[Json]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.values():
        owner = _owner(row)
        if owner is not None and row.get("status") != "entered-in-error":
            owned[_survivor(owner, rows)][row["resourceType"]].append(row)
    people = tuple(
        Person(row, owned[reference]) for reference, row in rows.items() if _is_survivor(row) and owned[reference]
    )
    return Chart(moment(now).first, people, rows)


@lru_cache(maxsize=100_000)
def moment(text: str) -> Moment:
    """Of a FHIR date, dateTime or instant; a month or year is the whole of it."""
    if "T" in text:
        at = datetime.fromisoformat(text).timestamp()
        return Moment(at, at)
    first = datetime.fromisoformat((text + "-01-01")[:10]).replace(tzinfo=UTC).timestamp()
    days = {4: 366, 7: 31}.get(len(text), 1)
    return Moment(first - _EAST, first + days * 86_400 + _WEST)


def taken(row: Mapping[str, Any]) -> float:
    """When something was observed or given; the beginning of time if it does not say."""
    return moment(row["effectiveDateTime"]).first if "effectiveDateTime" in row else float("-inf")


def not_after(earlier: str, later: str) -> bool:
    """Whether the first may lie at or before the second."""
    return moment(earlier).first <= moment(later).last


def has_code(concept: Mapping[str, Any] | None, *codes: str) -> bool:
    return any(coding.get("code") in codes for coding in (concept or {}).get("coding", ()))


def is_study_drug(concept: Mapping[str, Any] | None) -> bool:
    return any(coding.get("system") == LOCAL_SYSTEM for coding in (concept or {}).get("coding", ()))


def value(row: Mapping[str, Any]) -> float | None:
    """Of a Quantity, or a whole number; pounds in kg."""
    quantity = row.get("valueQuantity", {})
    found = row.get("valueInteger", quantity.get("value"))
    if found is None:
        return None
    return round(found * _POUND, 1) if quantity.get("code") == POUNDS else float(found)


def name(row: Mapping[str, Any]) -> str:
    return f"{row['resourceType']}/{row['id']}"


def _owner(row: Json) -> str | None:
    return next((str(row[key].get("reference")) for key in _OWNERS if key in row), None)


def _is_survivor(row: Json) -> bool:
    return row["resourceType"] == "Patient" and not _replaced_by(row)


def _replaced_by(row: Json) -> str:
    return next((link["other"]["reference"] for link in row.get("link", ()) if link["type"] == "replaced-by"), "")


def _survivor(reference: str, rows: Mapping[str, Json]) -> str:
    while following := _replaced_by(rows.get(reference, {})):
        reference = following
    return reference
