"""The injector's truth: an item per fault, with its minimal evidence read off the finished plan."""

from collections.abc import Mapping, Sequence
from datetime import date

from fhir_seed.trial_audit.faults import Fault
from fhir_seed.trial_audit.plan import IndexRow, StageRow, SubjectPlan
from tasks import TruthItem
from tasks.trial_audit import CORRECTIVE_ACTIONS, WEIGHTS, Protocol

Evidence = tuple[tuple[str, ...], ...]


def canonical(subject: SubjectPlan) -> str:
    return f"ResearchSubject/{subject.subject_id}"


def persons(subjects: Sequence[SubjectPlan]) -> Mapping[str, str]:
    """Every reference by which a person may be named -> the ResearchSubject."""
    out: dict[str, str] = {}
    for subject in subjects:
        named = canonical(subject)
        out[named] = named
        out[f"Patient/{subject.patient_id}"] = named
        if subject.duplicate:
            out[f"Patient/{subject.duplicate.id}"] = named
    return out


def truth_item(fault: Fault, subject: SubjectPlan, protocol: Protocol) -> TruthItem:
    return TruthItem(
        subject=canonical(subject),
        type=fault.type,
        kind=fault.kind,
        weight=WEIGHTS[fault.type],
        evidence=_evidence(fault, subject, protocol),
        corrective_action=CORRECTIVE_ACTIONS[fault.type, fault.kind],
    )


def _evidence(fault: Fault, subject: SubjectPlan, protocol: Protocol) -> Evidence:
    if fault.kind in ("missing", "impossible"):
        return _sets([f"Patient/{subject.patient_id}"])
    if fault.kind == "out_of_range":
        return _sets([f"Patient/{subject.patient_id}", canonical(subject)])
    if fault.type == "temporal_inconsistency":
        starts, _ = _starts(subject)
        return _sets(*([source, start] for source in _death_sources(subject) for start in starts))
    return _window_evidence(fault, subject, protocol)


def _window_evidence(fault: Fault, subject: SubjectPlan, protocol: Protocol) -> Evidence:
    assert subject.enrolment is not None, "only the enrolled have a window"
    starts, day = _starts(subject)
    more: list[str] = []
    if (day - subject.enrolment.day).days <= protocol.stage_iv_window:
        more.append(f"Observation/{_counting(subject.stage_rows, subject).id}")
        if fault.kind == "override":
            more.append(f"Observation/{_counting(subject.index_rows, subject).id}")
    return _sets(*([canonical(subject), start, *more] for start in starts))


def _sets(*alternatives: Sequence[str]) -> Evidence:
    return tuple(sorted(tuple(sorted(refs)) for refs in alternatives))


def _starts(subject: SubjectPlan) -> tuple[list[str], date]:
    """References of the earliest completed administrations, and their day."""
    given = [a for a in subject.administrations if a.status == "completed"]
    day = min(a.effective.day for a in given)
    return [f"MedicationAdministration/{a.id}" for a in given if a.effective.day == day], day


def _death_sources(subject: SubjectPlan) -> list[str]:
    """References of the sources that hold the earliest day of death."""
    recorded: list[tuple[date, str]] = []
    if subject.deceased:
        recorded.append((subject.deceased.day, f"Patient/{subject.patient_id}"))
    if subject.fatal_event:
        recorded.append((subject.fatal_event.date.day, f"AdverseEvent/{subject.fatal_event.id}"))
    earliest = min(day for day, _ in recorded)
    return [source for day, source in recorded if day == earliest]


def _counting(rows: Sequence[StageRow] | Sequence[IndexRow], subject: SubjectPlan) -> StageRow | IndexRow:
    """The latest row in force on or before enrolment."""
    assert subject.enrolment is not None, "only the enrolled have a row that counts"
    enrolment = subject.enrolment.day
    live = [r for r in rows if r.status != "entered-in-error" and r.effective.day <= enrolment]
    return max(live, key=lambda r: (r.effective.day, r.issued.day, r.issued.minute, r.id))
