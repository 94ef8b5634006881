"""Reads from the resources what section 7 names: results, administrations, orders, and the other rows of section 8."""

from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timezone
from fractions import Fraction

import orjson

from fhir_seed.trial_audit.oracle.chart import Chart, Subject
from fhir_seed.trial_audit.oracle.days import LONG_AGO, fixed_offset, instant, site_day
from fhir_seed.trial_audit.oracle.persons import Resource
from fhir_seed.trial_audit.terms import LOCAL_SYSTEM, STUDY_PROCEDURE
from tasks.trial_audit import ExtendedRules, Protocol

HEMOGLOBIN, NEUTROPHILS, PLATELETS, CREATININE = "718-7", "751-8", "777-3", "2160-0"
WEIGHT, ECOG = "29463-7", "89247-1"
_RESULTS = frozenset({HEMOGLOBIN, NEUTROPHILS, PLATELETS, CREATININE, WEIGHT, ECOG})
_COUNTS = frozenset({"final", "amended", "corrected"})
_ORDERED = frozenset({"active", "on-hold", "completed", "stopped"})
_NOTES = frozenset({"34117-2", "11506-3"})
_LOINC = "http://loinc.org"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_POUND = Fraction("0.45359237")
_READ = (
    "Observation", "MedicationAdministration", "MedicationRequest", "AllergyIntolerance", "Procedure", "Consent",
    "AdverseEvent", "DocumentReference", "Patient",
)  # fmt: skip
_WORDS = (*(f'"{kind}"'.encode() for kind in _READ), b"\\u")
"""As in `chart`: text without any of these holds no row that a clause reads."""


@dataclass(frozen=True)
class Result:
    """Clause 7.1. value: in the unit of Appendix C."""

    reference: str
    code: str
    day: date
    value: Fraction
    encounter: str | None


@dataclass(frozen=True)
class Dose:
    """Clause 7.2; mg."""

    reference: str
    day: date
    given: Fraction


@dataclass(frozen=True)
class Order:
    """Clauses 7.3 and 7.4. end: None if it is in use without end."""

    reference: str
    medicine: str
    written: date
    end: date | None
    replaces: str | None


@dataclass(frozen=True)
class Dated:
    reference: str
    day: date
    medicine: str = ""


@dataclass(frozen=True)
class Event:
    """An AdverseEvent. suspects: the administrations that it names."""

    reference: str
    severe: bool
    serious: bool
    day: date | None
    detected: date | None
    recorded: date | None
    suspects: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    reference: str
    encounters: tuple[str, ...]
    text: str


@dataclass
class Rows:
    """Of one enrolled subject; in no meaningful order, but doses (by day) and results (one per code and day)."""

    subject: Subject
    patient: Resource
    results: Sequence[Result] = ()
    doses: Sequence[Dose] = ()
    orders: list[Order] = field(default_factory=list)
    allergies: list[Dated] = field(default_factory=list)
    procedures: list[Dated] = field(default_factory=list)
    consents: list[Dated] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def of(self, code: str) -> list[Result]:
        """By day."""
        return sorted((r for r in self.results if r.code == code), key=lambda r: r.day)


def read_rows(resources: Iterable[bytes], protocol: Protocol, rules: ExtendedRules, chart: Chart) -> list[Rows]:
    """One record per enrolled subject, in the order of the chart."""
    by_person: dict[str, list[Resource]] = defaultdict(list)
    patients: dict[str, Resource] = {}
    for raw in resources:
        if any(word in raw for word in _WORDS):
            row = orjson.loads(raw)
            named = _reference(row) if row["resourceType"] == "Patient" else _person(row)
            if row["resourceType"] == "Patient":
                patients[named] = row
            by_person[chart.names.get(named, named)].append(row)
    offsets = {site.organization: fixed_offset(site.offset_minutes) for site in protocol.sites}
    medicines = {code: group.name for group in rules.medicines for code in group.codes}
    return [
        _rows(s, patients[s.patient], by_person[s.reference], offsets[s.site], medicines, protocol)
        for s in chart.subjects
    ]


def _rows(
    subject: Subject,
    patient: Resource,
    rows: Sequence[Resource],
    offset: timezone,
    medicines: Mapping[str, str],
    protocol: Protocol,
) -> Rows:
    shelf: dict[str, list[Resource]] = defaultdict(list)
    for row in rows:
        shelf[row["resourceType"]].append(row)
    return Rows(
        subject=subject,
        patient=patient,
        results=_results(shelf["Observation"], offset),
        doses=_doses(shelf["MedicationAdministration"], offset, protocol.drug_code),
        orders=[o for row in shelf["MedicationRequest"] if (o := _order(row, offset, medicines))],
        allergies=[a for row in shelf["AllergyIntolerance"] if (a := _allergy(row, offset, medicines))],
        procedures=[
            Dated(_reference(row), site_day(row["performedDateTime"], offset))
            for row in shelf["Procedure"]
            if row["status"] == "completed" and _has(row.get("category"), LOCAL_SYSTEM, STUDY_PROCEDURE)
        ],
        consents=[
            Dated(_reference(row), site_day(row["dateTime"], offset))
            for row in shelf["Consent"]
            if row["status"] in ("active", "inactive") and "research" in _codes(row["scope"]) and "dateTime" in row
        ],
        events=[_event(row, offset) for row in shelf["AdverseEvent"]],
        notes=[_note(row) for row in shelf["DocumentReference"] if _is_note(row)],
    )


def _results(rows: Iterable[Resource], offset: timezone) -> Sequence[Result]:
    """The one that counts of each code and day."""
    best: dict[tuple[str, date], Resource] = {}
    for row in rows:
        code = next((c for c in _codes(row["code"], _LOINC) if c in _RESULTS), None)
        if code is None or row["status"] not in _COUNTS or "effectiveDateTime" not in row or _value(row) is None:
            continue
        key = code, site_day(row["effectiveDateTime"], offset)
        if key not in best or _rank(row) > _rank(best[key]):
            best[key] = row
    found = []
    for (code, day), row in best.items():
        value = _value(row)
        assert value is not None, "rows without a value were passed over"
        found.append(Result(_reference(row), code, day, value, row.get("encounter", {}).get("reference")))
    return found


def _rank(row: Resource) -> tuple[object, str]:
    return (instant(row["issued"]) if "issued" in row else LONG_AGO), row["id"]


def _value(row: Resource) -> Fraction | None:
    if "valueInteger" in row:
        return Fraction(row["valueInteger"])
    quantity = row.get("valueQuantity", {})
    if "value" not in quantity:
        return None
    value = Fraction(str(quantity["value"]))
    return value * _POUND if quantity.get("code") == "[lb_av]" else value


def _doses(rows: Iterable[Resource], offset: timezone, drug: str) -> Sequence[Dose]:
    doses = [
        Dose(
            _reference(row),
            site_day(row.get("effectiveDateTime") or row["effectivePeriod"]["start"], offset),
            Fraction(str(row["dosage"]["dose"]["value"])),
        )
        for row in rows
        if row["status"] == "completed" and _has(row.get("medicationCodeableConcept"), LOCAL_SYSTEM, drug)
    ]
    return sorted(doses, key=lambda dose: dose.day)


def _order(row: Resource, offset: timezone, medicines: Mapping[str, str]) -> Order | None:
    medicine = _medicine(row.get("medicationCodeableConcept"), medicines)
    if medicine is None or row["intent"] != "order" or row["status"] not in _ORDERED:
        return None
    written, end = row["authoredOn"], row.get("dispenseRequest", {}).get("validityPeriod", {}).get("end")
    if end is None and row["status"] != "active":
        end = written
    return Order(
        reference=_reference(row),
        medicine=medicine,
        written=site_day(written, offset),
        end=None if end is None else site_day(end, offset),
        replaces=row.get("priorPrescription", {}).get("reference"),
    )


def _allergy(row: Resource, offset: timezone, medicines: Mapping[str, str]) -> Dated | None:
    """Clause 8.8."""
    medicine = _medicine(row.get("code"), medicines)
    counts = (
        row.get("type") == "allergy"
        and row.get("criticality") == "high"
        and "active" in _codes(row.get("clinicalStatus"))
        and "confirmed" in _codes(row.get("verificationStatus"))
    )
    if medicine is None or not counts or "recordedDate" not in row:
        return None
    return Dated(_reference(row), site_day(row["recordedDate"], offset), medicine)


def _event(row: Resource, offset: timezone) -> Event:
    day, detected, recorded = (
        site_day(row[name], offset) if name in row else None for name in ("date", "detected", "recordedDate")
    )
    return Event(
        reference=_reference(row),
        severe="severe" in _codes(row.get("severity")),
        serious="Serious" in _codes(row.get("seriousness")),
        day=day,
        detected=detected,
        recorded=recorded,
        suspects=tuple(one["instance"]["reference"] for one in row.get("suspectEntity", ())),
    )


def _is_note(row: Resource) -> bool:
    return row["status"] == "current" and not _NOTES.isdisjoint(_codes(row.get("type"), _LOINC))


def _note(row: Resource) -> Note:
    texts = [b64decode(part["attachment"]["data"]).decode() for part in row["content"] if "data" in part["attachment"]]
    encounters = tuple(one["reference"] for one in row.get("context", {}).get("encounter", ()))
    return Note(_reference(row), encounters, "\n".join(texts))


def _reference(row: Resource) -> str:
    return f"{row['resourceType']}/{row['id']}"


def _person(row: Resource) -> str:
    return str((row.get("subject") or row.get("patient") or {}).get("reference", ""))


def _codes(concept: Resource | None, system: str | None = None) -> list[str]:
    codings = (concept or {}).get("coding", ())
    return [c["code"] for c in codings if "code" in c and (system is None or c.get("system") == system)]


def _has(concept: Resource | None, system: str, code: str) -> bool:
    return code in _codes(concept, system)


def _medicine(concept: Resource | None, medicines: Mapping[str, str]) -> str | None:
    return next((medicines[c] for c in _codes(concept, _RXNORM) if c in medicines), None)
