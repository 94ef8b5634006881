"""Blood pressures after screening: at which visits, and what they follow."""

from functools import cache
from statistics import fmean

from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.render import draw_courses
from fhir_seed.trial_audit.render.comorbidity import HYPERTENSIVE
from fhir_seed.trial_audit.render.facts import Course
from tasks import PUBLIC_SALT, Address, entropy
from tasks.trial_audit import VARIANTS, VERSION


@cache
def courses() -> tuple[Course, ...]:
    words = entropy(PUBLIC_SALT, Address(suite="trial_audit", variant="hard", index=0), VERSION)
    return tuple(draw_courses(plan_world(words, VARIANTS["hard"]), words).courses)


def test_they_are_taken_at_the_baseline_every_other_and_the_last_treatment_visit() -> None:
    for course in courses():
        last = len(course.cycles) - 1
        treated = [c.visit for place, c in enumerate(course.cycles) if place % 2 == 0 or place == last]
        baseline = [course.baseline] if course.baseline else []
        assert [one.visit for one in course.pressures] == [*baseline, *treated]


def test_they_are_those_of_a_living_adult() -> None:
    for one in (one for course in courses() for one in course.pressures):
        assert 86 <= one.systolic <= 184
        assert 46 <= one.diastolic <= min(108, one.systolic - 22)


def test_readings_differ_from_visit_to_visit() -> None:
    steps = [
        abs(after.systolic - before.systolic)
        for course in courses()
        for before, after in zip(course.pressures, course.pressures[1:], strict=False)
    ]
    assert 4 < fmean(steps) < 12


def falls(*, lost: bool) -> list[int]:
    """From baseline to the last visit, of those without high pressure who lost or kept their weight."""
    return [
        course.pressures[0].systolic - course.pressures[-1].systolic
        for course in courses()
        if len(course.cycles) >= 5
        and course.vitals.systolic <= 140
        and (course.cycles[-1].weight.weight < course.vitals.weight * 97 // 100) is lost
    ]


def test_pressure_falls_with_the_weight() -> None:
    assert fmean(falls(lost=True)) > fmean(falls(lost=False)) + 2


def test_high_pressure_that_is_treated_comes_down() -> None:
    high = [
        (course.vitals.systolic, course.pressures[-1].systolic)
        for course in courses()
        if course.vitals.systolic >= 150
        and len(course.cycles) >= 4
        and any(problem.what in HYPERTENSIVE for problem in course.problems)
    ]
    assert fmean(first - last for first, last in high) > 8
