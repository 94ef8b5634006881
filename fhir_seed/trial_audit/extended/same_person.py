"""One person enrolled twice: what of the earlier chart is as in the later one, because it is the same body.

The later enrolment, which is the deviation, stays as it was drawn, so nothing in it tells; the earlier one is fitted.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.extended.records import Allergy, Person, Setting
from fhir_seed.trial_audit.render import labs
from fhir_seed.trial_audit.render.facts import Course, Cycle, Problem, Result, Vitals, Weighed
from fhir_seed.trial_audit.render.ids import Ids

_BETWEEN = 14
"""Days, at least, from a diagnosis to the earlier screening, and from the last that the earlier chart says of the
treatment to the later screening."""
_STEADY = (labs.CREATININE, labs.ALT, labs.GLUCOSE)
"""Tests whose results go with the problems."""


def could_be_before(one: Person, other: Person) -> bool:
    """Whether the first can be an earlier enrolment of the second, at another site: the treatment is over before the
    second screening, and stage, comorbidity index, diagnosis and problems of the second are as old as that."""
    first, second = one.course, other.course
    return (
        (one.plan.stage, one.plan.index) == (other.plan.stage, other.plan.index)
        and one.plan.site != other.plan.site
        and _ended(one) + timedelta(days=_BETWEEN) <= second.screening.day
        and second.cancer_onset + timedelta(days=_BETWEEN) <= first.screening.day
        and all(problem.recorded <= first.screening.day for problem in second.problems)
    )


def _ended(person: Person) -> date:
    course = person.course
    given = [row.effective.day for row in person.plan.administrations]
    events = [event.day + timedelta(days=event.admission_days if event.admission else 0) for event in course.events]
    return max([course.screening.day, *given, *events])


def as_before(setting: Setting, course: Course, later: Course) -> Course:
    """The course of the earlier enrolment: whoever did not have all cycles had left the study."""
    stream, ids = setting.stream, setting.ids
    problems = {old.id: _at(old, course.screening.day, ids.identifier()) for old in later.problems}
    goal = later.vitals.weight * stream.integer(975, 1025) // 1000
    last = course.cycles[-1].weight.weight if course.cycles else course.vitals.weight
    height = later.vitals.height + stream.integer(-3, 3)
    creatinine = _of(labs.CREATININE, course.labs).value
    steady = {lab.words: _near(stream, _of(lab, later.labs)) for lab in _STEADY}
    kidneys = steady[labs.CREATININE.words], creatinine
    return replace(
        course,
        withdrew=True,
        smoking=later.smoking,
        cancer_onset=later.cancer_onset,
        problems=tuple(problems.values()),
        prescriptions=tuple(
            replace(row, id=ids.identifier(), problem=problems[row.problem].id if row.problem else None)
            for row in later.prescriptions
        ),
        vitals=_vitals(course.vitals, height, _scaled(course.vitals.weight, goal, last)),
        labs=tuple(replace(row, value=steady.get(row.lab.words, row.value)) for row in course.labs),
        cycles=tuple(_cycle(cycle, (goal, last), kidneys) for cycle in course.cycles),
    )


def _at(problem: Problem, day: date, identity: str) -> Problem:
    """As it stood then."""
    over = problem.resolved if problem.resolved is not None and problem.resolved <= day else None
    return replace(problem, id=identity, resolved=over)


def _near(stream: Stream, seen: Result) -> int:
    return max(seen.lab.least, seen.value * stream.integer(930, 1070) // 1000)


def _of(lab: labs.Lab, results: Iterable[Result]) -> Result:
    return next(row for row in results if row.lab is lab)


def _scaled(value: int, to: int, by: int) -> int:
    return (value * to + by // 2) // by


def _vitals(vitals: Vitals, height: int, weight: int) -> Vitals:
    return replace(vitals, height=height, weight=weight, bmi=_scaled(1_000_000, weight, height * height))


def _cycle(cycle: Cycle, weight: tuple[int, int], kidneys: tuple[int, int]) -> Cycle:
    """Both as (new, old) of some visit."""
    rows = [
        replace(row, value=max(row.lab.least, _scaled(row.value, *kidneys))) if row.lab is labs.CREATININE else row
        for row in cycle.results
    ]
    weighed = Weighed(cycle.weight.id, _scaled(cycle.weight.weight, *weight))
    return replace(cycle, weight=weighed, results=tuple(rows))


def known_allergies(later: Person, day: date, ids: Ids) -> tuple[Allergy, ...]:
    """Those of the later chart that were recorded by that day."""
    return tuple(replace(row, id=ids.identifier()) for row in later.extra.allergies if row.recorded <= day)
