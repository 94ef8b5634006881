"""What a careless reading of the finished rows flags by the clauses of section 8.

A careless reader is a perfect one who is given other rows: those that a first coding hides are missing, a row that was
entered in error stands for the right one, an instant is the day that it is written with. So the oracle reads them.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

import orjson

from fhir_seed.trial_audit.mess.guard import CREATININE, HEMOGLOBIN, NEUTROPHILS, PLATELETS, WEIGHT
from fhir_seed.trial_audit.mess.log import MessLog
from fhir_seed.trial_audit.mess.when import offset
from fhir_seed.trial_audit.oracle.chart import Chart, Subject
from fhir_seed.trial_audit.oracle.further import further_deviations
from fhir_seed.trial_audit.oracle.rows import read_rows
from fhir_seed.trial_audit.plan import SubjectPlan, WorldPlan
from fhir_seed.trial_audit.protocol_text import offset_text
from fhir_seed.trial_audit.render.when import MINUTES
from fhir_seed.trial_audit.render.written import Row
from tasks import Trap, Truth
from tasks.trial_audit import Protocol

Sorted = Mapping[str, Sequence[bytes]]
"""Finished rows of one person by what they are: a LOINC code, or a type other than Observation."""
Misread = Callable[[WorldPlan, MessLog, Sequence[Sorted]], Mapping[int, Sorted]]
"""What somebody reads otherwise than it is, by place of the subject; all rows of each kind that differs."""

_DOSE, _ORDER, _EVENT, _ALLERGY = "MedicationAdministration", "MedicationRequest", "AdverseEvent", "AllergyIntolerance"
_NEEDS: Mapping[str, frozenset[str]] = {
    "eligibility_lab_expired": frozenset({HEMOGLOBIN}),
    "missed_safety_lab": frozenset({_DOSE, NEUTROPHILS, PLATELETS, CREATININE}),
    "dose_modification_error": frozenset({_DOSE, NEUTROPHILS, PLATELETS, _EVENT}),
    "prohibited_conmed": frozenset({_ORDER, _DOSE}),
    "sae_reporting_delay": frozenset({_EVENT}),
    "duplicate_therapy": frozenset({_ORDER}),
    "allergy_conflict": frozenset({_ORDER, _ALLERGY}),
    "renal_dosing": frozenset({_ORDER, CREATININE}),
    "unit_or_plausibility_error": frozenset({WEIGHT}),
}
"""What each clause reads that a misreading can change."""
_CODES = {code: f'"{code}"'.encode() for code in (HEMOGLOBIN, NEUTROPHILS, PLATELETS, CREATININE, WEIGHT)}
_SAFETY = frozenset({NEUTROPHILS, PLATELETS, CREATININE})
_PLANNED = b'"resourceType":"MedicationAdministration"'
"""Its instants are in any offset."""
_TIME = re.compile(rb'(?<!"issued":)"\d{4}-\d\d-\d\dT(\d\d):(\d\d):\d\d(Z|[+-]\d\d:\d\d)"')
_INSTANT = re.compile(rb'(?<!"issued":)"(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)"')


def rows_read(written: Iterable[Row]) -> Sorted:
    """Those that section 8 reads and a misreading can change."""
    found: dict[str, list[bytes]] = defaultdict(list)
    for _, _, kind, data in written:
        if kind != "Observation":
            found[kind].append(data)
            continue
        for code, word in _CODES.items():
            if word in data:
                found[code].append(data)
                break
    return found


def further_candidates(plan: WorldPlan, truth: Truth, log: MessLog, charts: Sequence[Sorted]) -> Iterator[Trap]:
    """charts: of the plan's subjects, in their order."""
    if plan.protocol.extended is None:
        return
    for family, (misreading, types) in _MISREADINGS.items():
        misread = {i: rows for i, rows in misreading(plan, log, charts).items() if plan.subjects[i].enrolment}
        asked = {i: [type_ for type_ in types if not _NEEDS[type_].isdisjoint(rows)] for i, rows in misread.items()}
        read = {i: _rows(asked[i], {**charts[i], **rows}) for i, rows in misread.items()}
        for i, type_ in _flagged(plan, truth, read):
            if type_ in asked[i]:
                yield Trap(subject=f"ResearchSubject/{plan.subjects[i].subject_id}", type=type_, family=family)


def _rows(types: Iterable[str], chart: Sorted) -> list[bytes]:
    """What the clauses of these types read."""
    kinds = sorted(frozenset[str]().union(*(_NEEDS[type_] for type_ in types)))
    return [row for kind in ("Patient", *kinds) for row in chart.get(kind, ())]


def _flagged(plan: WorldPlan, truth: Truth, read: Mapping[int, Sequence[bytes]]) -> Iterator[tuple[int, str]]:
    """By place of the subject, who is enrolled."""
    protocol, places = plan.protocol, {f"ResearchSubject/{plan.subjects[i].subject_id}": i for i in read}
    assert protocol.extended is not None, "only a protocol with section 8 is read by it"
    subjects = tuple(_subject(plan.subjects[i], protocol) for i in read)
    resources = [row for rows in read.values() for row in rows]
    people = read_rows(resources, protocol, protocol.extended, Chart(subjects, truth.persons))
    for item in further_deviations(people, protocol.extended):
        yield places[item.subject], item.type


def _subject(subject: SubjectPlan, protocol: Protocol) -> Subject:
    """As far as section 8 reads it."""
    assert subject.enrolment is not None, "only the enrolled are read"
    return Subject(
        reference=f"ResearchSubject/{subject.subject_id}",
        patient=f"Patient/{subject.patient_id}",
        arm=subject.arm or "",
        site=protocol.sites[subject.site].organization,
        enrolled=subject.enrolment.day,
        birth_date=subject.birth_date,
        start=None,
        death=None,
        stage=None,
        index=None,
        groups=(),
        male=subject.sex == "male",
    )


def _first_coding(plan: WorldPlan, log: MessLog, charts: Sequence[Sorted]) -> Mapping[int, Sorted]:
    """Rows whose first coding is not the standard one are not found."""
    local: dict[str, set[str]] = defaultdict(set)
    for touch in log.of("local_code"):
        local[touch.reference].add(touch.before)
    sites = [plan.protocol.sites[subject.site].organization for subject in plan.subjects]
    return {
        i: dict.fromkeys(_unseen(local[site] & _CODES.keys(), chart, plan.protocol), ())
        for i, (site, chart) in enumerate(zip(sites, charts, strict=True))
        if not local[site].isdisjoint(_CODES)
    }


def _unseen(codes: set[str], chart: Sorted, protocol: Protocol) -> set[str]:
    """If one safety result is not found, the others matter only to who has had another dose than the full one."""
    assert protocol.extended is not None, "only a protocol with section 8 is read by it"
    full = f'"value":{protocol.extended.dose}}}'.encode()
    if codes.isdisjoint(_SAFETY) or not all(full in row for row in chart.get(_DOSE, ())):
        return codes
    return codes | _SAFETY


def _written_days(plan: WorldPlan, log: MessLog, charts: Sequence[Sorted]) -> Mapping[int, Sorted]:
    """Days as they are written, not as they are at the site."""
    found = {}
    for i, (subject, chart) in enumerate(zip(plan.subjects, charts, strict=True)):
        clock = plan.protocol.sites[subject.site].offset_minutes
        kinds = [kind for kind, rows in chart.items() if any(_has_another_day(row, clock) for row in rows)]
        if kinds:
            found[i] = {kind: [_INSTANT.sub(rb'"\1"', row) for row in chart[kind]] for kind in kinds}
    return found


def _has_another_day(row: bytes, clock: int) -> bool:
    """Whether an instant is written with another day than the site's. clock: the site's offset, minutes."""
    if b'Z"' not in row and (_PLANNED not in row or offset_text(clock).encode() in row):
        return False
    times = ((int(hour) * 60 + int(minute), zone) for hour, minute, zone in _TIME.findall(row))
    return any(not 0 <= minute + clock - _east(zone) < MINUTES for minute, zone in times)


@cache
def _east(zone: bytes) -> int:
    return offset(f"2024-01-01T00:00:00{zone.decode()}")


def _any_status(plan: WorldPlan, log: MessLog, charts: Sequence[Sorted]) -> Mapping[int, Sorted]:
    """The wrong twin instead of the row beside it."""
    beside = {_id(touch.reference): _id(touch.before) for touch in log.of("entered_in_error")}
    right = frozenset(beside.values())
    found: dict[int, dict[str, Sequence[bytes]]] = defaultdict(dict)
    for i, chart in enumerate(charts):
        for code in _CODES.keys() & chart.keys():
            rows = {_id_of(row): row for row in chart[code]}
            if not beside.keys().isdisjoint(rows):
                kept = {one: row for one, row in rows.items() if one not in right}
                found[i][code] = [_in_force(row) if one in beside else row for one, row in kept.items()]
    return found


def _wrong_patient(plan: WorldPlan, log: MessLog, charts: Sequence[Sorted]) -> Mapping[int, Sorted]:
    """An order that was cancelled is one of the person on whom it was placed."""
    placed = {_id(touch.reference) for touch in log.of("wrong_patient")}
    place = {f"Patient/{subject.patient_id}": i for i, subject in enumerate(plan.subjects)}
    found: dict[int, list[bytes]] = {}
    if placed:
        for row in (row for chart in charts for row in chart.get(_ORDER, ()) if _id_of(row) in placed):
            i = place[orjson.loads(row)["subject"]["reference"]]
            found.setdefault(i, list(charts[i].get(_ORDER, ()))).append(_in_force(row))
    return {i: {_ORDER: rows} for i, rows in found.items()}


def _id(reference: str) -> bytes:
    return reference.partition("/")[2].encode()


def _id_of(row: bytes) -> bytes:
    """Keys are sorted: what comes before a row's own id holds no other."""
    start = row.index(b',"id":"') + 7
    return row[start : row.index(b'"', start)]


def _in_force(row: bytes) -> bytes:
    erroneous, cancelled = b'"status":"entered-in-error"', b'"status":"cancelled"'
    return row.replace(erroneous, b'"status":"final"').replace(cancelled, b'"status":"active"')


_ORDERED = ("prohibited_conmed", "duplicate_therapy", "allergy_conflict", "renal_dosing")
_MISREADINGS: Mapping[str, tuple[Misread, Sequence[str]]] = {
    "entered_in_error": (_any_status, ("dose_modification_error", "renal_dosing", "unit_or_plausibility_error")),
    "wrong_patient": (_wrong_patient, _ORDERED),
    "time_zone": (_written_days, [type_ for type_ in _NEEDS if type_ != "unit_or_plausibility_error"]),
    "local_code": (_first_coding, ("eligibility_lab_expired", "missed_safety_lab", "dose_modification_error")),
}
"""By family, with the types that it can tempt to."""
