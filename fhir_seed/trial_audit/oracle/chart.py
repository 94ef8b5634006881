"""Reads from the resources what the clauses of sections 1 and 2 name, and nothing else."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timezone

import orjson

from fhir_r4 import Invalid
from fhir_seed.trial_audit.oracle.days import LONG_AGO, fixed_offset, instant, site_day
from fhir_seed.trial_audit.oracle.groups import recorded_groups
from fhir_seed.trial_audit.oracle.persons import Persons, Resource, identify, is_enrolled
from fhir_seed.trial_audit.terms import COMORBIDITY_INDEX, LOCAL_SYSTEM, SNOMED, STAGE_GROUP, STAGE_VALUES
from tasks.trial_audit import Protocol

_FINAL = frozenset({"final", "amended", "corrected"})
_STAGE_OF = {code: stage for stage, code in STAGE_VALUES.items()}
_KINDS = ("Patient", "ResearchSubject", "Observation", "MedicationAdministration", "AdverseEvent")
_READ = (*(kind for kind in _KINDS if kind != "Observation"), STAGE_GROUP, COMORBIDITY_INDEX)
_WORDS = (*(f'"{word}"'.encode() for word in _READ), b"\\u")
"""JSON text without any of these (an escape could hide one) holds no row that a clause reads: it is not parsed."""


@dataclass(frozen=True)
class Earliest:
    """A day, and every resource that records it (sorted references)."""

    day: date
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """The Observation that counts, and its value; None: it has none that can be read."""

    source: str
    value: int | float | None


@dataclass(frozen=True)
class Subject:
    """An enrolled subject as the protocol reads it. reference: the ResearchSubject; patient: the surviving Patient."""

    reference: str
    patient: str
    arm: str
    site: str
    enrolled: date
    birth_date: str | None
    start: Earliest | None
    death: Earliest | None
    stage: Reading | None
    index: Reading | None
    groups: tuple[str, ...]
    male: bool


@dataclass(frozen=True)
class Chart:
    """subjects: the enrolled ones, by reference; names: every way to name a person -> the canonical reference."""

    subjects: tuple[Subject, ...]
    names: Mapping[str, str]


def read_chart(resources: Iterable[bytes], protocol: Protocol) -> Chart:
    """resources: FHIR JSON in any order. Raises Invalid where the clauses give no value."""
    shelf: dict[str, dict[str, Resource]] = {kind: {} for kind in _KINDS}
    for raw in resources:
        if not _may_be_read(raw):
            continue
        resource = orjson.loads(raw)
        kind = resource["resourceType"]
        if kind in shelf:
            shelf[kind][f"{kind}/{resource['id']}"] = resource
    persons = identify(shelf["Patient"], shelf["ResearchSubject"])
    offsets = {site.organization: fixed_offset(site.offset_minutes) for site in protocol.sites}
    rows = _Rows.sort(shelf, persons, protocol)
    enrolled = {p: s for p, s in persons.subjects.items() if is_enrolled(s)}
    subjects = [_subject(p, shelf["Patient"][p], s, rows, offsets) for p, s in enrolled.items()]
    return Chart(tuple(sorted(subjects, key=lambda s: s.reference)), persons.names)


def _may_be_read(raw: bytes) -> bool:
    for word in _WORDS:  # noqa: SIM110 - any() takes three times as long
        if word in raw:
            return True
    return False


@dataclass(frozen=True)
class _Rows:
    """The rows that count, by surviving Patient, whatever their date."""

    stages: Mapping[str, Sequence[Resource]]
    indices: Mapping[str, Sequence[Resource]]
    administrations: Mapping[str, Sequence[Resource]]
    deaths: Mapping[str, Sequence[Resource]]

    @staticmethod
    def sort(shelf: Mapping[str, Mapping[str, Resource]], persons: Persons, protocol: Protocol) -> "_Rows":
        def keep(kind: str, counts: Callable[[Resource], bool]) -> Mapping[str, Sequence[Resource]]:
            kept: dict[str, list[Resource]] = defaultdict(list)
            for row in shelf[kind].values():
                if counts(row) and row["subject"]["reference"] in persons.survivor:
                    kept[persons.survivor[row["subject"]["reference"]]].append(row)
            return kept

        drug = protocol.drug_code
        return _Rows(
            stages=keep("Observation", lambda r: _is_final(r, SNOMED, STAGE_GROUP)),
            indices=keep("Observation", lambda r: _is_final(r, LOCAL_SYSTEM, COMORBIDITY_INDEX)),
            administrations=keep(
                "MedicationAdministration",
                lambda r: r["status"] == "completed" and _has(r.get("medicationCodeableConcept"), LOCAL_SYSTEM, drug),
            ),
            deaths=keep("AdverseEvent", lambda r: _is_fatal(r) and "date" in r),
        )


def _subject(
    patient: str, person: Resource, subject: Resource, rows: _Rows, offsets: Mapping[str, timezone]
) -> Subject:
    site = person.get("managingOrganization", {}).get("reference", "no Organization")
    if site not in offsets:
        raise Invalid(f"{patient} belongs to {site}, which is not in the protocol's appendix: list it there")
    offset = offsets[site]
    enrolled = site_day(subject["period"]["start"], offset)
    stage = _latest(rows.stages.get(patient, ()), enrolled, offset)
    index = _latest(rows.indices.get(patient, ()), enrolled, offset)
    return Subject(
        reference=f"ResearchSubject/{subject['id']}",
        patient=patient,
        arm=subject["assignedArm"],
        site=site,
        enrolled=enrolled,
        birth_date=person.get("birthDate"),
        start=_earliest(((_effective(r), _reference(r)) for r in rows.administrations.get(patient, ())), offset),
        death=_earliest(_deaths(patient, person, rows), offset),
        stage=Reading(_reference(stage), _stage(stage)) if stage else None,
        index=Reading(_reference(index), _number(index)) if index else None,
        groups=recorded_groups(person),
        male=person.get("gender") == "male",
    )


def _deaths(patient: str, person: Resource, rows: _Rows) -> Iterable[tuple[str | None, str]]:
    yield person.get("deceasedDateTime"), patient
    for event in rows.deaths.get(patient, ()):
        yield event["date"], _reference(event)


def _earliest(dated: Iterable[tuple[str | None, str]], offset: timezone) -> Earliest | None:
    days = [(site_day(value, offset), source) for value, source in dated if value is not None]
    if not days:
        return None
    first = min(day for day, _ in days)
    return Earliest(first, tuple(sorted(source for day, source in days if day == first)))


def _latest(rows: Sequence[Resource], enrolled: date, offset: timezone) -> Resource | None:
    """Clause 2.3: latest effective day up to enrolment, then later `issued`, then greater id."""
    ranked = []
    for row in rows:
        effective = _effective(row)
        if effective is not None and (day := site_day(effective, offset)) <= enrolled:
            issued = instant(row["issued"]) if "issued" in row else LONG_AGO
            ranked.append(((day, issued, row["id"]), row))
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _reference(row: Resource) -> str:
    return f"{row['resourceType']}/{row['id']}"


def _effective(row: Resource) -> str | None:
    value: str | None = row.get("effectiveDateTime") or row.get("effectivePeriod", {}).get("start")
    return value


def _has(concept: Resource | None, system: str, code: str) -> bool:
    return any(c.get("code") == code and c.get("system") == system for c in (concept or {}).get("coding", ()))


def _is_final(row: Resource, system: str, code: str) -> bool:
    return row["status"] in _FINAL and _has(row["code"], system, code)


def _is_fatal(event: Resource) -> bool:
    return any(c.get("code") == "fatal" for c in event.get("outcome", {}).get("coding", ()))


def _stage(row: Resource) -> int | None:
    codings = row.get("valueCodeableConcept", {}).get("coding", ())
    stages = [_STAGE_OF[c["code"]] for c in codings if c.get("system") == SNOMED and c.get("code") in _STAGE_OF]
    return stages[0] if stages else None


def _number(row: Resource) -> int | float | None:
    if "valueInteger" in row:
        return int(row["valueInteger"])
    value: int | float | None = row.get("valueQuantity", {}).get("value")
    return value
