"""From entropy to the finished plan of one world, with the injector's truth."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.cohort import check_margins, draw_cohort
from fhir_seed.trial_audit.cohort_figures import Figures, cohort_truth, figures
from fhir_seed.trial_audit.courses import Courses, course_streams
from fhir_seed.trial_audit.courses_rows import Extra
from fhir_seed.trial_audit.draw_protocol import draw_protocol
from fhir_seed.trial_audit.faults import Faults, draw_faults
from fhir_seed.trial_audit.faults_deaths import with_true_deaths
from fhir_seed.trial_audit.faults_items import canonical, persons, truth_item
from fhir_seed.trial_audit.faults_marks import UNMARKED
from fhir_seed.trial_audit.people import Profile, draw_people, draw_screen_failures, site_weights
from fhir_seed.trial_audit.plan import Arm, Group, Sex, SubjectPlan, WorldPlan
from fhir_seed.trial_audit.traps import TrapDrawn, draw_screen_failure_traps, draw_traps
from tasks import CohortTruth, Trap, Truth, TruthItem
from tasks.trial_audit import FINDING_TYPES, WEIGHTS, Protocol, Variant

NOW = "2026-03-02T14:00:00Z"
"""Later than any recorded day: the last enrolment, the longest delay, the latest death and its second record."""
_IMPORTANT = 2


def plan_world(entropy: bytes, variant: Variant) -> WorldPlan:
    """The same plan for the same entropy on every machine."""
    protocol = draw_protocol(Stream(entropy, "protocol"), variant)
    people, decoy_family, notes = _draw_enrolled(entropy, variant, protocol)
    screened = draw_screen_failures(Stream(entropy, "screened"), variant, [1] * len(protocol.sites))
    faults = draw_faults(Stream(entropy, "faults"), variant, protocol, people)
    trap_stream = Stream(entropy, "traps")
    traps = draw_traps(trap_stream, variant.tier, protocol, people, faults.faults)
    failure_traps = draw_screen_failure_traps(trap_stream, variant.tier, protocol, screened)
    courses = Courses(course_streams(entropy), protocol, variant.noise, decoy_family)
    asked = {**faults.marks, **{i: trap.marks for i, trap in traps.items()}}
    marks = with_true_deaths(Stream(entropy, "true deaths"), people, asked)
    enrolled = [courses.enrolled(p, marks.get(i, UNMARKED)) for i, p in enumerate(people)]
    failures = [
        courses.screened(p, failure_traps[i].marks if i in failure_traps else UNMARKED) for i, p in enumerate(screened)
    ]
    cohort = _cohort(protocol, people, enrolled, notes)
    items = _items(protocol, faults, enrolled)
    truth = Truth(
        items=items,
        traps=_traps(
            [(enrolled[i], t) for i, t in traps.items()] + [(failures[i], t) for i, t in failure_traps.items()]
        ),
        persons=persons(enrolled + failures),
        counts=_counts(items),
        escalate=_escalate(protocol, items, enrolled),
        cohort=cohort,
    )
    subjects = Stream(entropy, "order").shuffled(enrolled + failures)
    return WorldPlan(protocol, NOW, tuple(subjects), truth, notes)


def _draw_enrolled(
    entropy: bytes, variant: Variant, protocol: Protocol
) -> tuple[Sequence[Profile], Extra | None, Mapping[str, str]]:
    stream = Stream(entropy, "people")
    weights = site_weights(stream)
    if protocol.equity is None:
        return draw_people(stream, variant, weights), None, {}
    cohort = draw_cohort(Stream(entropy, "cells"), protocol.equity, weights)
    return cohort.people, cohort.decoy_family, cohort.notes


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the equity clause reads, as the finished plan records it."""

    arm: Arm | None
    group: Group
    sex: Sex
    stage: int
    dead: bool


def _cohort(
    protocol: Protocol, people: Sequence[Profile], enrolled: Sequence[SubjectPlan], notes: Mapping[str, str]
) -> CohortTruth | None:
    """The verdict of the finished plan. Raises AssertionError if faults or traps moved a frozen attribute."""
    if protocol.equity is None:
        return None
    after: Figures = figures(
        [_Counted(s.arm, s.group, s.sex, s.stage, bool(s.deceased or s.fatal_event)) for s in enrolled]
    )
    assert after == figures(people), "faults or traps changed a frozen attribute"
    for kind in ("selection_bias", "confounded", "none"):
        if notes["kind"] == kind:
            check_margins(after, protocol.equity, kind)
    return cohort_truth(after, protocol.equity)


def _items(protocol: Protocol, faults: Faults, enrolled: Sequence[SubjectPlan]) -> tuple[TruthItem, ...]:
    items = [truth_item(fault, enrolled[i], protocol) for i, found in faults.faults.items() for fault in found]
    return tuple(sorted(items, key=lambda item: (item.subject, item.type)))


def _traps(drawn: Sequence[tuple[SubjectPlan, TrapDrawn]]) -> tuple[Trap, ...]:
    traps = [Trap(subject=canonical(subject), type=trap.type, family=trap.family) for subject, trap in drawn]
    return tuple(sorted(traps, key=lambda trap: (trap.subject, trap.type)))


def _counts(items: Sequence[TruthItem]) -> Mapping[str, int]:
    found = Counter(item.type for item in items)
    return {name: found[name] for name in FINDING_TYPES}


def _escalate(protocol: Protocol, items: Sequence[TruthItem], enrolled: Sequence[SubjectPlan]) -> tuple[str, ...]:
    important = {item.subject for item in items if WEIGHTS[item.type] == _IMPORTANT}
    by_site = Counter(s.site for s in enrolled if canonical(s) in important)
    return tuple(sorted(protocol.sites[site].organization for site, n in by_site.items() if n >= protocol.escalate))
