"""The cohort of a world as its finished resources show it: who is in it, and how many rows of each sort each arm has.

Written apart from the oracle and from the injector, for it also reads what must not count: the stage that a careless
reader would believe. Rows that no figure needs are counted without being parsed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

import orjson

from ehr_sandbox.probes.chart_features import Features
from ehr_sandbox.probes.cohort_features import cohort_features
from fhir_seed.trial_audit import STAGE_GROUP, STAGE_VALUES
from tasks.trial_audit import Protocol

_STAGE_OF = {code: stage for stage, code in STAGE_VALUES.items()}
_STAGE_WORD = f'"{STAGE_GROUP}"'.encode()
_COUNTS = frozenset({"final", "amended", "corrected"})
_HISPANIC = "2135-2"
_NOT_RECORDED = frozenset({"UNK", "ASKU"})
_OWNED = (b'"subject":{', b'"individual":{', b'"patient":{')
_REFERENCE = b'"reference":"'

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CohortMember:
    """One enrolled subject. group: OMB code or `unknown`; stage 0: no row counts."""

    arm: str
    group: str
    sex: str
    stage: int
    dead: bool
    site: str
    decoy_stage: int | None
    enrolled: date


@dataclass
class _Shelf:
    """What is parsed, and what is counted: (patient, type, status) -> rows, bytes."""

    patients: dict[str, Row] = field(default_factory=dict)
    subjects: list[Row] = field(default_factory=list)
    stages: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    dead: set[str] = field(default_factory=set)
    rows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    size: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def read_cohort(resources: Iterable[bytes], protocol: Protocol) -> Features:
    """Simple figures of the control arm, the treatment arm and both, and mean rows by type, status and arm.

    Empty if the protocol has no equity clause.
    """
    if protocol.equity is None:
        return {}
    shelf = _shelved(resources)
    members = _members(shelf, protocol)
    return cohort_features(list(members.values()), protocol.equity) | _record_features(members, shelf)


def _shelved(resources: Iterable[bytes]) -> _Shelf:
    shelf = _Shelf()
    for blob in resources:
        kind = _text_after(blob, b'"resourceType":"')
        if kind == "Patient":
            row = orjson.loads(blob)
            shelf.patients[f"Patient/{row['id']}"] = row
            continue
        owner = _owner(blob)
        key = owner, kind, _text_after(blob, b'"status":"')
        shelf.rows[key] += 1
        shelf.size[key] += len(blob)
        if kind == "ResearchSubject":
            shelf.subjects.append(orjson.loads(blob))
        elif kind == "AdverseEvent" and b'"fatal"' in blob:
            shelf.dead.add(owner)
        elif _STAGE_WORD in blob and kind == "Observation":
            shelf.stages[owner].append(orjson.loads(blob))
    return shelf


def _text_after(blob: bytes, mark: bytes) -> str:
    """The JSON string that follows the first mark; empty if there is no mark."""
    at = blob.find(mark)
    if at < 0:
        return ""
    start = at + len(mark)
    return blob[start : blob.index(b'"', start)].decode()


def _owner(blob: bytes) -> str:
    for mark in _OWNED:
        at = blob.find(mark)
        if at >= 0:
            return _text_after(blob[at : at + 300], _REFERENCE)
    return ""


def _members(shelf: _Shelf, protocol: Protocol) -> dict[str, CohortMember]:
    """By Patient reference: those with an arm and a start."""
    offsets = {site.organization: timezone(timedelta(minutes=site.offset_minutes)) for site in protocol.sites}
    found = {}
    for subject in shelf.subjects:
        person = str(subject["individual"]["reference"])
        arm, start = subject.get("assignedArm"), subject.get("period", {}).get("start")
        if not arm or not start:
            continue
        patient = shelf.patients[person]
        site = str(patient["managingOrganization"]["reference"])
        enrolled = _day(start, offsets[site])
        stage, shown = _stages(shelf.stages.get(person, ()), enrolled, offsets[site])
        found[person] = CohortMember(
            arm="control" if arm == protocol.control_arm else "treatment",
            group=_group(patient),
            sex=str(patient.get("gender", "")),
            stage=stage,
            dead="deceasedDateTime" in patient or person in shelf.dead,
            site=site,
            decoy_stage=None if shown == stage else shown,
            enrolled=enrolled,
        )
    return found


def _stages(rows: Sequence[Row], enrolled: date, offset: timezone) -> tuple[int, int]:
    """The stage that counts, and the one that differs from it if any row shows another (else the same)."""
    dated = sorted((_day(r["effectiveDateTime"], offset), r.get("issued", ""), r["id"], n) for n, r in enumerate(rows))
    counting = [rows[n] for day, _, _, n in dated if day <= enrolled and rows[n]["status"] in _COUNTS]
    stage = _value(counting[-1]) if counting else 0
    others = [value for *_, n in dated if (value := _value(rows[n])) != stage]
    return stage, others[-1] if others else stage


def _value(row: Row) -> int:
    codings = row.get("valueCodeableConcept", {}).get("coding", ())
    return next((_STAGE_OF[c["code"]] for c in codings if c.get("code") in _STAGE_OF), 0)


def _day(text: str, offset: timezone) -> date:
    if "T" in text:
        return datetime.fromisoformat(text).astimezone(offset).date()
    return date.fromisoformat(text)


def _group(patient: Row) -> str:
    found: dict[str, set[str]] = defaultdict(set)
    for extension in patient.get("extension", ()):
        for part in extension.get("extension", ()):
            if part["url"] == "ombCategory":
                found[extension["url"].rpartition("/")[2]].add(part["valueCoding"]["code"])
    if _HISPANIC in found["us-core-ethnicity"]:
        return _HISPANIC
    return "+".join(sorted(found["us-core-race"] - _NOT_RECORDED)) or "unknown"


def _record_features(members: Mapping[str, CohortMember], shelf: _Shelf) -> Features:
    """Rows and bytes by type and status, per subject of an arm on average; when the arm enrolled."""
    sizes = Counter(m.arm for m in members.values())
    found: Features = defaultdict(float)
    for (person, kind, status), number in shelf.rows.items():
        if person in members:
            arm = members[person].arm
            found[f"{arm} rows {kind} {status}"] += number / sizes[arm]
            found[f"{arm} bytes {kind}"] += shelf.size[person, kind, status] / sizes[arm]
    for member in members.values():
        found[f"{member.arm} enrolment"] += (member.enrolled.toordinal() - 738_000) / sizes[member.arm]
    return dict(found)
