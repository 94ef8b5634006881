"""Time: what must come before what."""

from collections.abc import Iterator
from typing import Any

from fhir_seed.trial_audit.plausibility.chart import Chart, Json, Person, has_code, moment, name, not_after

_DAY = 86_400
_NOT_IN_TIME = frozenset({"Patient", "Condition"})
"""Types with days from before the study: births, onsets."""
_REPORTED = frozenset({"date", "detected", "recordedDate"})
_WHEN = ("effectiveDateTime", "performedDateTime", "dateTime", "authoredOn", "date")


def reported_after_taken(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    for row in person.of("Observation"):
        if {"issued", "effectiveDateTime"} <= row.keys() and not not_after(row["effectiveDateTime"], row["issued"]):
            yield name(row), f"issued {row['issued']}, effective {row['effectiveDateTime']}"


def inside_encounters(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    for kind in ("Observation", "MedicationAdministration", "MedicationRequest"):
        for row in person.of(kind):
            if row["status"] == "not-done":
                continue
            period = chart.target(row.get("encounter") or row.get("context")).get("period", {})
            when = row.get("effectiveDateTime") or row.get("authoredOn")
            start, end = period.get("start", when), period.get("end", when)
            if when and not (not_after(start, when) and not_after(when, end)):
                yield name(row), f"{when} is outside {start} to {end}"


def consent_first(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    """Observations of a visit, and all that is given; what was known before the study has no visit."""
    signed = [row["dateTime"] for row in person.of("Consent") if row["status"] == "active"]
    if not signed:
        yield person.reference, "no consent"
        return
    first = min(signed, key=lambda text: moment(text).first)
    done = [row for row in person.of("Observation") if "encounter" in row] + person.doses()
    for row in done:
        if "effectiveDateTime" in row and not not_after(first, row["effectiveDateTime"]):
            yield name(row), f"{row['effectiveDateTime']} before consent {first}"


def study_order(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    screening = [row["period"]["start"] for row in person.of("Encounter") if _is_screening(row)]
    doses = [row["effectiveDateTime"] for row in person.doses()]
    for row in person.of("ResearchSubject"):
        enrolled = row.get("period", {}).get("start")
        if enrolled is None:
            continue
        if not screening or not not_after(min(screening), enrolled):
            yield name(row), f"enrolled {enrolled}, screened {screening}"
        for given in doses:
            if not not_after(enrolled, given):
                yield name(row), f"enrolled {enrolled}, treated {given}"


def _is_screening(row: Json) -> bool:
    return "start" in row.get("period", {}) and any(has_code(kind, "screening-visit") for kind in row.get("type", ()))


def nothing_in_the_future(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    for kind, rows in person.rows.items():
        for row in rows if kind not in _NOT_IN_TIME else ():
            for text in _moments(row):
                if moment(text).first > chart.now:
                    yield name(row), f"{text} is to come"


def alive_when_seen(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    """Doses, visits and measurements; what is written down later may be."""
    deaths = [person.patient["deceasedDateTime"]] if "deceasedDateTime" in person.patient else []
    deaths += [e["date"] for e in person.of("AdverseEvent") if has_code(e.get("outcome"), "fatal") and "date" in e]
    if not deaths:
        return
    died = min(deaths, key=lambda text: moment(text).last)
    for row in person.of("Encounter"):
        start = row.get("period", {}).get("start", died)
        if not not_after(start, died):
            yield name(row), f"seen {start}, died {died}"
    for row in person.doses():
        if not not_after(row["effectiveDateTime"], died):
            yield name(row), f"treated {row['effectiveDateTime']}, died {died}"


def events_reported(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    for row in person.of("AdverseEvent"):
        if has_code(row.get("outcome"), "fatal") or not row.keys() >= _REPORTED:
            continue
        if not (not_after(row["date"], row["detected"]) and not_after(row["detected"], row["recordedDate"])):
            yield name(row), f"{row['date']}, heard {row['detected']}, written {row['recordedDate']}"
        late = moment(row["recordedDate"]).first - moment(row["detected"]).last
        if has_code(row.get("seriousness"), "Serious") and late > _DAY:
            yield name(row), f"serious, written {late / 3600:.0f} hours after it was heard of"


def _moments(row: Json) -> Iterator[str]:
    for key in (*_WHEN, "issued", "detected", "recordedDate"):
        if isinstance(row.get(key), str):
            yield row[key]
    period: Any = row.get("period", {})
    yield from period.values()
