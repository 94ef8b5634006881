"""Numbers: ranges that a living adult in treatment can have, units, interpretations, and what must agree."""

from collections.abc import Iterator, Mapping
from typing import Any

from fhir_seed.codes import TABLE
from fhir_seed.trial_audit.plausibility.chart import POUNDS, Chart, Json, Person, has_code, name, taken, value

HEMOGLOBIN, LEUKOCYTES, NEUTROPHILS, PLATELETS = "718-7", "6690-2", "751-8", "777-3"
CREATININE = "2160-0"
WEIGHT, HEIGHT, BODY_MASS_INDEX = "29463-7", "8302-2", "39156-5"
ECOG = "89247-1"
POSSIBLE: Mapping[str, tuple[float, float]] = {
    HEMOGLOBIN: (6.0, 19.0),
    LEUKOCYTES: (1.0, 20.0),
    NEUTROPHILS: (0.0, 15.0),
    PLATELETS: (10, 700),
    CREATININE: (0.3, 4.0),
    "2532-0": (60, 1500),
    "1742-6": (3, 300),
    "2345-7": (45, 350),
    WEIGHT: (35, 200),
    HEIGHT: (135, 205),
    BODY_MASS_INDEX: (14, 55),
    "8480-6": (80, 220),
    "8462-4": (40, 130),
    ECOG: (0, 4),
}
"""Least and most by LOINC code, in the unit of the table."""
_CHANGE = 0.08
"""Of the weight, from one visit to the next."""


def possible(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    for row in person.of("Observation"):
        for code, one in _measurements(row):
            low, high = POSSIBLE.get(code, (float("-inf"), float("inf")))
            found = value(one)
            if found is not None and not low <= found <= high:
                yield name(row), f"{code} is {found}"


def units(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    for row in person.of("Observation"):
        for code, one in _measurements(row):
            unit = one.get("valueQuantity", {}).get("code")
            wanted = TABLE["http://loinc.org", code].unit if ("http://loinc.org", code) in TABLE else unit
            if "valueQuantity" in one and unit != wanted and (code, unit) != (WEIGHT, POUNDS):
                yield name(row), f"{code} is in {unit}, not {wanted}"


def interpretations(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    for row in person.of("Observation"):
        found = value(row)
        if found is None or "interpretation" not in row or "referenceRange" not in row:
            continue
        bounds = row["referenceRange"][0]
        low = bounds.get("low", {}).get("value", float("-inf"))
        high = bounds.get("high", {}).get("value", float("inf"))
        wanted = "H" if found > high else "L" if found < low else "N"
        if not has_code(row["interpretation"][0], wanted, wanted * 2):
            yield name(row), f"{found} in {low} to {high} is not {wanted}"


def body_mass_index(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    by_visit = {row.get("encounter", {}).get("reference"): row for row in person.measured(WEIGHT)}
    heights = {row.get("encounter", {}).get("reference"): row for row in person.measured(HEIGHT)}
    for row in person.measured(BODY_MASS_INDEX):
        visit = row.get("encounter", {}).get("reference")
        weight, height = value(by_visit.get(visit, {})), value(heights.get(visit, {}))
        if weight and height and abs(weight / (height / 100) ** 2 - (value(row) or 0)) > 0.15:
            yield name(row), f"{value(row)} with {weight} kg and {height} cm"


def weight_changes(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    rows = sorted(person.measured(WEIGHT), key=taken)
    for before, after in zip(rows, rows[1:], strict=False):
        was, found = value(before), value(after)
        if was and found and abs(found - was) > was * _CHANGE:
            yield name(after), f"{found} after {was}"


def leukocytes(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    whole = {row["effectiveDateTime"]: value(row) for row in person.measured(LEUKOCYTES)}
    for row in person.measured(NEUTROPHILS):
        all_of_them, found = whole.get(row["effectiveDateTime"]), value(row)
        if all_of_them is not None and found is not None and found >= all_of_them:
            yield name(row), f"{found} of {all_of_them}"


def _measurements(row: Json) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The Observation, and each of its components, with its LOINC code."""
    for one in (row, *row.get("component", ())):
        for coding in one["code"].get("coding", ()):
            if coding.get("system") == "http://loinc.org":
                yield coding["code"], one
