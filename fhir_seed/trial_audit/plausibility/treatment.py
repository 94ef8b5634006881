"""Treatment: what each dose needs, how much it is, what it does."""

from collections.abc import Iterator
from itertools import pairwise

from fhir_seed.trial_audit.plausibility.chart import (
    Chart,
    Json,
    Person,
    has_code,
    is_study_drug,
    moment,
    name,
    taken,
    value,
)
from fhir_seed.trial_audit.plausibility.values import CREATININE, HEMOGLOBIN, NEUTROPHILS, PLATELETS, WEIGHT
from tasks.trial_audit import DOSE_LEVELS, NEUTROPHILS_FLOOR, NEUTROPHILS_HELD, PLATELETS_FLOOR, PLATELETS_HELD

_BEFORE = 3 * 86_400
"""Seconds before a dose in which its blood draw lies."""
_ROUNDED = 5
"""Per cent by which a dose of whole vials may differ from its level's."""
_NEUTROPENIA, _ANEMIA = ("47318007", "409089005"), ("271737000",)
_THROMBOCYTOPENIA = ("302215000",)
_LOW_NEUTROPHILS, _LOW_PLATELETS, _LOW_HEMOGLOBIN = 1.5, 75, 10.0


def prepared(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    for dose in person.doses():
        visit = dose.get("context")
        if not any(row.get("encounter") == visit for row in person.measured(WEIGHT)):
            yield name(dose), "nobody was weighed"
        for code in (NEUTROPHILS, PLATELETS, HEMOGLOBIN, CREATININE):
            if _before(person, dose, code) is None:
                yield name(dose), f"no {code} in the three days before"


def dosing_rule(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    """One level down for low counts in the blood drawn for a dose, or a severe event since the dose before."""
    doses = person.doses()
    full = _ordered(person)
    if not doses or full is None:
        return
    level = 0
    for before, dose in pairwise([None, *doses]):
        assert dose is not None, "only the first follows nothing"
        if before is not None and _is_to_be_lowered(person, before, dose):
            level = min(level + 1, len(DOSE_LEVELS) - 1)
        wanted = full * DOSE_LEVELS[level] // 100
        given = dose.get("dosage", {}).get("dose", {}).get("value", wanted)
        if abs(given - wanted) * 100 > wanted * _ROUNDED:
            yield name(dose), f"{given} mg, not {wanted}"


def held_doses(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    """Nobody is given a dose with counts of grade 4, nor a first dose with counts that would lower a later one."""
    limits = (
        (NEUTROPHILS, NEUTROPHILS_HELD / 10, NEUTROPHILS_FLOOR / 10),
        (PLATELETS, PLATELETS_HELD, PLATELETS_FLOOR),
    )
    for place, dose in enumerate(person.doses()):
        for code, held, floor in limits:
            row = _before(person, dose, code)
            found = None if row is None else value(row)
            if found is not None and found < (held if place else floor):
                yield name(dose), f"given with {code} {found}"


def events_of_counts(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    """Counts that fall below the limit after a dose; what was low before treatment is no event of it."""
    for code, limit, terms in (
        (NEUTROPHILS, _LOW_NEUTROPHILS, _NEUTROPENIA),
        (PLATELETS, _LOW_PLATELETS, _THROMBOCYTOPENIA),
        (HEMOGLOBIN, _LOW_HEMOGLOBIN, _ANEMIA),
    ):
        events = [event for event in person.of("AdverseEvent") if has_code(event.get("event"), *terms)]
        draws = [row for dose in person.doses() if (row := _before(person, dose, code)) is not None]
        for before, row in pairwise(draws):
            fell = (value(before) or 0) >= limit > (value(row) or 0)
            if fell and not any(_same_day(event, row) for event in events):
                yield name(row), f"{value(row)} without an event"
        low = [row for row in person.measured(code) if (value(row) or 0) < limit]
        for event in events:
            if not any(_same_day(event, row) for row in low):
                yield name(event), "no such count on that day"


def admissions(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    for row in person.of("AdverseEvent"):
        serious = has_code(row.get("seriousness"), "Serious")
        if has_code(row.get("outcome"), "fatal"):
            continue
        if serious != ("encounter" in row):
            yield name(row), "serious without a stay, or the other way round"
        stay = chart.target(row.get("encounter")).get("class", {})
        if "encounter" in row and stay.get("code") != "IMP":
            yield name(row), "not an inpatient stay"


def at_home_when_treated(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    stays = [
        row["period"]
        for row in person.of("Encounter")
        if row.get("class", {}).get("code") == "IMP" and {"start", "end"} <= row.get("period", {}).keys()
    ]
    for dose in person.doses():
        for stay in stays:
            if moment(stay["start"]).first <= taken(dose) <= moment(stay["end"]).last:
                yield name(dose), f"in a stay from {stay['start']} to {stay['end']}"


def _before(person: Person, dose: Json, code: str) -> Json | None:
    at = taken(dose)
    found = [row for row in person.measured(code) if 0 <= at - taken(row) <= _BEFORE]
    return max(found, key=lambda row: (taken(row), moment(row["issued"]).first if "issued" in row else 0), default=None)


def _is_to_be_lowered(person: Person, before: Json, dose: Json) -> bool:
    neutrophils, platelets = _before(person, dose, NEUTROPHILS), _before(person, dose, PLATELETS)
    if neutrophils is not None and (value(neutrophils) or 0) * 10 < NEUTROPHILS_FLOOR:
        return True
    if platelets is not None and (value(platelets) or 0) < PLATELETS_FLOOR:
        return True
    return any(_is_severe(event, before, dose) for event in person.of("AdverseEvent"))


def _is_severe(event: Json, before: Json, dose: Json) -> bool:
    """Suspected of the dose before, and on a day before this one."""
    suspected = [entity["instance"].get("reference") for entity in event.get("suspectEntity", ())]
    if not has_code(event.get("severity"), "severe") or name(before) not in suspected:
        return False
    return "date" in event and moment(event["date"]).first < taken(dose)


def _ordered(person: Person) -> int | None:
    """mg of the study drug's order, where it says so in so many words or numbers."""
    for row in person.of("MedicationRequest"):
        if is_study_drug(row.get("medicationCodeableConcept")):
            for rate in row.get("dosageInstruction", [{}])[0].get("doseAndRate", ()):
                return int(rate["doseQuantity"]["value"])
    return None


def _same_day(event: Json, row: Json) -> bool:
    """Within a day of each other: an onset and the stay in which it was measured may lie on either side of midnight."""
    return "date" in event and abs(moment(event["date"]).first - taken(row)) < 86_400
