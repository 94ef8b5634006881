"""Blood pressure after screening: it follows the weight that disease and treatment leave, and the medicines against it.

Taken at the baseline visit, at every other treatment visit and at the last one, whoever the person is.
"""

from collections.abc import Iterator

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.render.comorbidity import HYPERTENSIVE
from fhir_seed.trial_audit.render.facts import Course, Pressure, Visit
from fhir_seed.trial_audit.render.ids import Ids

_EVERY = 2
_HIGH = 140
"""mm[Hg] of systolic pressure above which medicines are adjusted or begun."""
_ADJUSTED = 30
"""Per cent of what is above that is gone by the visit after screening; as much again with each cycle, to the whole."""
_TENTHS_PER_CENT = 12
"""Tenths of mm[Hg] of systolic pressure for each per cent of the weight."""
_SPREAD = (6, 4)
"""mm[Hg]: standard deviation of one reading, systolic and diastolic."""
_SYSTOLIC = (86, 184)
_DIASTOLIC = (46, 108)
_APART = 22
"""mm[Hg], at least."""


def draw_pressures(stream: Stream, course: Course) -> tuple[Pressure, ...]:
    """By time. course: without its pressures."""
    ids = Ids(stream)
    return tuple(_draw(stream, ids, course, *when) for when in _visits(course))


def _visits(course: Course) -> Iterator[tuple[Visit, int, int]]:
    """Each with the cycles before it and the weight there; tenths of kg."""
    if course.baseline is not None:
        yield course.baseline, 0, course.vitals.weight
    last = len(course.cycles) - 1
    for place, cycle in enumerate(course.cycles):
        if place % _EVERY == 0 or place == last:
            yield cycle.visit, place + 1, cycle.weight.weight


def _draw(stream: Stream, ids: Ids, course: Course, visit: Visit, cycles: int, weight: int) -> Pressure:
    change = _change(course, cycles, weight)
    systolic = course.vitals.systolic + change + stream.normal(0, _SPREAD[0])
    diastolic = course.vitals.diastolic + change // 2 + stream.normal(0, _SPREAD[1])
    systolic = min(_SYSTOLIC[1], max(_SYSTOLIC[0], systolic))
    diastolic = min(_DIASTOLIC[1], systolic - _APART, max(_DIASTOLIC[0], diastolic))
    return Pressure(ids.identifier(), visit, systolic, diastolic)


def _change(course: Course, cycles: int, weight: int) -> int:
    """mm[Hg] of systolic pressure since screening, but for chance."""
    screened = course.vitals.weight
    by_weight = ((weight - screened) * 10 * _TENTHS_PER_CENT + screened // 2) // screened
    high = course.vitals.systolic - _HIGH
    treated = any(problem.what in HYPERTENSIVE and problem.resolved is None for problem in course.problems)
    adjusted = max(0, high) * min(100, _ADJUSTED * (cycles + 1)) // 100 if treated else max(0, high) // 3
    return by_weight - adjusted
