"""Named traps of the mess: where a careless reading of what a phenomenon wrote flags a subject that the rules clear."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain

from fhir_seed.trial_audit.mess.careless import Reading, careful, flags, is_age_flagged
from fhir_seed.trial_audit.mess.careless_further import Sorted, further_candidates
from fhir_seed.trial_audit.mess.log import MessLog, Touch
from fhir_seed.trial_audit.plan import SubjectPlan, WorldPlan
from fhir_seed.trial_audit.terms import COMORBIDITY_INDEX, STAGE_GROUP
from tasks import Trap, Truth
from tasks.trial_audit import Protocol

Misread = Callable[[SubjectPlan], Reading | None]
"""What a careless reader takes from a subject's chart; None if the phenomenon did not touch what is read there."""


def mess_traps(plan: WorldPlan, truth: Truth, log: MessLog, charts: Sequence[Sorted] = ()) -> tuple[Trap, ...]:
    """Disjoint from the items and the traps of the truth, at most one for a subject and type; sorted.

    charts: what section 8 reads of the finished rows of the plan's subjects, if the protocol has one.
    """
    known = {(item.subject, item.type) for item in truth.items} | {(trap.subject, trap.type) for trap in truth.traps}
    found: dict[tuple[str, str], Trap] = {}
    for trap in chain(_candidates(plan, truth, log), further_candidates(plan, truth, log, charts)):
        key = trap.subject, trap.type
        if key not in known:
            found.setdefault(key, trap)
    return tuple(found[key] for key in sorted(found))


def _candidates(plan: WorldPlan, truth: Truth, log: MessLog) -> Iterator[Trap]:
    yield from _second_patients(plan, truth, log)
    for family, misreading in _MISREADINGS.items():
        misread = misreading(log.of(family), plan.protocol)
        for subject in plan.subjects:
            reading = misread(subject) if subject.enrolment else None
            if reading is not None:
                named = f"ResearchSubject/{subject.subject_id}"
                yield from (Trap(subject=named, type=type_, family=family) for type_ in flags(reading, plan.protocol))


def _second_patients(plan: WorldPlan, truth: Truth, log: MessLog) -> Iterator[Trap]:
    """Who takes the second Patient for the subject reads another birth date, or none."""
    people = {f"Patient/{subject.patient_id}": subject for subject in plan.subjects}
    for family in ("merged_patient", "duplicate_patient"):
        for touch in log.of(family):
            subject = people[touch.before]
            day = subject.enrolment.day if subject.enrolment else subject.screening
            if is_age_flagged(touch.after or None, day, plan.protocol):
                alias = log.aliases[touch.reference]
                yield Trap(subject=truth.persons.get(alias, alias), type="invalid_age", family=family)


def _written_days(touches: Sequence[Touch], protocol: Protocol) -> Misread:
    """Days as they are written, not as they are at the site."""
    days = {touch.reference: date.fromisoformat(touch.after[:10]) for touch in touches if "T" in touch.after}

    def misread(subject: SubjectPlan) -> Reading | None:
        given = [a for a in subject.administrations if a.status == "completed"]
        dead = [(f"Patient/{subject.patient_id}", subject.deceased)] if subject.deceased else []
        if subject.fatal_event:
            dead.append((f"AdverseEvent/{subject.fatal_event.id}", subject.fatal_event.date))
        starts = [(f"MedicationAdministration/{a.id}", a.effective) for a in given]
        right = careful(subject)
        values = [(row.reference, row) for row in (*right.stages, *right.indices)]
        if not any(reference in days for reference, _ in (*starts, *dead, *values)):
            return None
        return replace(
            right,
            starts=tuple(days.get(reference, moment.day) for reference, moment in starts),
            deaths=tuple(days.get(reference, moment.day) for reference, moment in dead),
            stages=tuple(replace(row, day=days.get(row.reference, row.day)) for row in right.stages),
            indices=tuple(replace(row, day=days.get(row.reference, row.day)) for row in right.indices),
        )

    return misread


def _any_status(touches: Sequence[Touch], protocol: Protocol) -> Misread:
    """The wrong twin instead of the row beside it."""
    wrong = {touch.before: int(touch.after) for touch in touches if touch.after.isdigit()}

    def misread(subject: SubjectPlan) -> Reading | None:
        right = careful(subject)
        if not any(row.reference in wrong for row in (*right.stages, *right.indices)):
            return None
        return replace(
            right,
            stages=tuple(replace(row, value=wrong.get(row.reference, row.value)) for row in right.stages),
            indices=tuple(replace(row, value=wrong.get(row.reference, row.value)) for row in right.indices),
        )

    return misread


def _first_coding(touches: Sequence[Touch], protocol: Protocol) -> Misread:
    """Rows whose first coding is not the standard one are not found."""
    local: dict[str, set[str]] = defaultdict(set)
    for touch in touches:
        local[touch.reference].add(touch.before)

    def misread(subject: SubjectPlan) -> Reading | None:
        codes = local.get(protocol.sites[subject.site].organization, set())
        if not codes & {STAGE_GROUP, COMORBIDITY_INDEX}:
            return None
        right = careful(subject)
        return replace(
            right,
            stages=() if STAGE_GROUP in codes else right.stages,
            indices=() if COMORBIDITY_INDEX in codes else right.indices,
        )

    return misread


_MISREADINGS: Mapping[str, Callable[[Sequence[Touch], Protocol], Misread]] = {
    "entered_in_error": _any_status,
    "time_zone": _written_days,
    "local_code": _first_coding,
}
