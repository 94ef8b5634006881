"""What is invented about people: each course follows from what is given, and many together look like a trial's."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from statistics import fmean

import pytest

from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.plan import SubjectPlan, WorldPlan
from fhir_seed.trial_audit.render import Drawn, draw_courses, labs, people_resources
from fhir_seed.trial_audit.render.facts import Course, Cycle, Event
from fhir_seed.trial_audit.render.labs import Lab
from fhir_seed.trial_audit.render.terms import ANEMIA, FEBRILE_NEUTROPENIA, NEUTROPENIA, THROMBOCYTOPENIA
from fhir_seed.trial_audit.render.written import canonical_row
from tasks import PUBLIC_SALT, Address, entropy
from tasks.trial_audit import (
    DOSE_LEVELS,
    NEUTROPHILS_FLOOR,
    NEUTROPHILS_HELD,
    PLATELETS_FLOOR,
    PLATELETS_HELD,
    VARIANTS,
    VERSION,
)

WORDS = entropy(PUBLIC_SALT, Address(suite="trial_audit", variant="hard", index=1), VERSION)
COUNTS = (labs.NEUTROPHILS, labs.PLATELETS, labs.HEMOGLOBIN, labs.CREATININE)


@cache
def plan() -> WorldPlan:
    return plan_world(WORDS, VARIANTS["hard"])


@cache
def treated() -> tuple[tuple[SubjectPlan, Course], ...]:
    drawn = draw_courses(plan(), WORDS)
    return tuple((s, c) for s, c in zip(plan().subjects, drawn.courses, strict=True) if c.cycles)


def cycles() -> list[Cycle]:
    return [cycle for _, course in treated() for cycle in course.cycles]


def number(cycle: Cycle, lab: Lab) -> int:
    found = cycle.result(lab)
    assert found is not None
    return found.value


def severe_since(course: Course, cycle: Cycle) -> list[Event]:
    """Of the dose before, with an onset before this one."""
    place = course.cycles.index(cycle)
    before = course.cycles[place - 1].administration if place else None
    return [e for e in course.events if e.administration == before and e.day < cycle.day and e.severity == "severe"]


def test_there_is_a_cycle_for_each_dose_given() -> None:
    for subject, course in treated():
        given = {a.id for a in subject.administrations if a.status == "completed"}
        assert {cycle.administration for cycle in course.cycles} == given
        assert [c.day for c in course.cycles] == sorted(c.day for c in course.cycles)


def test_blood_is_drawn_on_the_day_of_the_dose_or_up_to_two_days_before_and_reported_before_it() -> None:
    for cycle in cycles():
        assert {result.lab for result in cycle.results} >= set(COUNTS)
        for result in cycle.results:
            assert 0 <= (cycle.day - result.day).days <= 2
            assert result.day.weekday() < 6
            assert (result.issued_day, result.issued_minute) < (cycle.day, cycle.minute)
            assert (result.visit is None) == (result.day < cycle.day)


def test_a_dose_is_lowered_after_low_counts_or_a_severe_event_and_never_raised() -> None:
    for _, course in treated():
        level = 0
        for cycle in course.cycles:
            low = number(cycle, labs.NEUTROPHILS) < NEUTROPHILS_FLOOR or number(cycle, labs.PLATELETS) < PLATELETS_FLOOR
            if low or severe_since(course, cycle):
                level = min(level + 1, len(DOSE_LEVELS) - 1)
            assert (cycle.level, cycle.dose) == (level, course_dose(course) * DOSE_LEVELS[level] // 100)


def test_no_dose_is_given_while_treatment_is_held_nor_a_first_one_with_low_counts() -> None:
    for cycle in cycles():
        first = cycle.number == 1
        assert number(cycle, labs.NEUTROPHILS) >= (NEUTROPHILS_FLOOR if first else NEUTROPHILS_HELD)
        assert number(cycle, labs.PLATELETS) >= (PLATELETS_FLOOR if first else PLATELETS_HELD)


def test_what_the_laboratory_finds_is_graded_by_its_value_on_that_day() -> None:
    """Moderate under 1.5 neutrophils, severe under 1.0; a severe one lowers the dose that its counts lower."""
    found = [(c, e) for _, c in treated() for e in c.events if e.term == NEUTROPENIA.place]
    assert {event.severity for _, event in found} == {"moderate", "severe"}
    for course, event in found:
        cycle = next(c for c in course.cycles if c.results[0].day == event.day)
        assert (number(cycle, labs.NEUTROPHILS) < NEUTROPHILS_FLOOR) == (event.severity == "severe")


def course_dose(course: Course) -> int:
    return course.cycles[0].dose


def test_an_event_of_a_cycle_starts_before_the_next_dose() -> None:
    for _, course in treated():
        following = {c.administration: after.day for c, after in zip(course.cycles, course.cycles[1:], strict=False)}
        by_laboratory = (NEUTROPENIA.place, THROMBOCYTOPENIA.place, ANEMIA.place)
        for event in course.events:
            if event.term not in by_laboratory and event.administration in following:
                assert event.day < following[event.administration]


def test_febrile_neutropenia_has_the_counts_of_it() -> None:
    found = [e for _, course in treated() for e in course.events if e.term == FEBRILE_NEUTROPENIA.place and e.admission]
    assert found
    for event in found:
        assert min(r.value for r in event.results if r.lab is labs.NEUTROPHILS) < NEUTROPHILS_FLOOR


def test_serious_events_are_written_down_within_a_day() -> None:
    for _, course in treated():
        for event in course.events:
            assert event.heard >= 0
            assert event.written > 0
            assert event.admission is None or event.written <= 24 * 60


def share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags)


def test_many_courses_look_like_those_of_a_trial() -> None:
    """Of 720: doses lowered in one of eight, counts that fall and recover, weight and LDH that follow the disease."""
    assert 0.07 < share([course.cycles[-1].level > 0 for _, course in treated()]) < 0.22
    assert 0.02 < share([number(c, labs.NEUTROPHILS) < NEUTROPHILS_FLOOR for c in cycles() if c.number > 1]) < 0.08
    recovered = [
        number(after, labs.NEUTROPHILS) >= 15
        for _, course in treated()
        for cycle, after in zip(course.cycles, course.cycles[1:], strict=False)
        if number(cycle, labs.NEUTROPHILS) < NEUTROPHILS_FLOOR
    ]
    assert share(recovered) > 0.5


@pytest.mark.parametrize("lab", [labs.HEMOGLOBIN, labs.PLATELETS, labs.NEUTROPHILS], ids=lambda lab: lab.words)
def test_counts_fall_from_the_first_cycle_to_the_last(lab: Lab) -> None:
    first, last = ([number(c, lab) for c in cycles() if c.number == n] for n in (1, 6))
    assert fmean(last) < fmean(first) * 0.97


def test_weight_and_ldh_follow_the_disease() -> None:
    def change(response: str) -> tuple[float, float]:
        own = [c for _, c in treated() if c.response == response and len(c.cycles) >= 3]
        weight = fmean(c.cycles[-1].weight.weight / c.vitals.weight for c in own)
        return weight, fmean(number(c.cycles[2], labs.LDH) / c.labs[labs.PANEL.index(labs.LDH)].value for c in own)

    (better, low), (worse, high) = change("response"), change("progression")
    assert better > 0.99 > 0.97 > worse
    assert low < 0.95 < 1.15 < high


def test_progression_is_commoner_in_later_stages() -> None:
    rates = [share([c.response == "progression" for s, c in treated() if s.stage == stage]) for stage in (1, 2, 3, 4)]
    assert rates == sorted(rates)
    assert rates[3] - rates[0] > 0.12


def written(asked: WorldPlan) -> str:
    """Without the addresses of ready parts, which are never equal."""
    return re.sub(r" at 0x\w+", "", repr(list(draw_courses(asked, WORDS).courses)))


def test_courses_are_the_same_drawn_one_by_one_or_all_at_once() -> None:
    one_by_one, at_once = draw_courses(plan(), WORDS), draw_courses(plan(), WORDS)
    at_once = replace(at_once, courses=tuple(at_once.courses))
    assert rows(one_by_one) == rows(at_once)


def rows(drawn: Drawn) -> list[bytes]:
    return [canonical_row(row)[3] for person in people_resources(plan(), drawn) for row in person]


def test_a_course_is_blind_to_arm_birth_date_and_group() -> None:
    changed = replace(
        plan(),
        subjects=tuple(
            replace(s, arm="control" if s.arm else None, birth_date=None, group="white") for s in plan().subjects
        ),
    )
    assert written(changed) == written(plan())
