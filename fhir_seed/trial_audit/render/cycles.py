"""Draws the treatment visits of one person: blood before each dose, the dose that the rule gives, what it does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.plan import Administration, SubjectPlan
from fhir_seed.trial_audit.render import labs
from fhir_seed.trial_audit.render.encounter import TREATMENT
from fhir_seed.trial_audit.render.events import draw_event, laboratory_events
from fhir_seed.trial_audit.render.facts import Cycle, Event, Lowered, Performance, Result, Trial, Visit, Weighed
from fhir_seed.trial_audit.render.ids import Ids
from fhir_seed.trial_audit.render.labs import Lab
from fhir_seed.trial_audit.render.physiology import (
    Body,
    Exposure,
    draw_counts,
    draw_ldh,
    draw_performance,
    draw_weight,
)
from fhir_seed.trial_audit.render.written import reference
from tasks.trial_audit import DOSE_LEVELS, NEUTROPHILS_FLOOR, PLATELETS_FLOOR

_DAYS_BEFORE = (60, 28, 12)
"""Weights of a blood draw 0, 1 and 2 days before the dose."""
_LDH_BEFORE = frozenset({3, 6})
_PERFORMANCE_BEFORE = frozenset({3})
"""Cycles before which the disease is assessed anew."""


@dataclass(frozen=True, slots=True)
class Given:
    """cycles and events by time."""

    cycles: tuple[Cycle, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class _Draw:
    """When blood is taken and reported. lead: minutes from the start of the visit to the dose."""

    day: date
    minute: int
    issued: int
    lead: int


@dataclass(frozen=True, slots=True)
class _Before:
    """What a dose follows. cycle: of the dose before; total: given so far, per cent of a full dose; event: since."""

    cycle: Cycle
    total: int
    event: Event | None


def draw_cycles(stream: Stream, ids: Ids, trial: Trial, subject: SubjectPlan, body: Body) -> Given:
    given = sorted(
        (a for a in subject.administrations if a.status == "completed"), key=lambda a: (a.effective.day, a.id)
    )
    cycles: list[Cycle] = []
    events: list[Event] = []
    before, total = None, 0
    for place, row in enumerate(given):
        following = given[place + 1].effective.day if place + 1 < len(given) else None
        cycle = _draw_cycle(stream, ids, trial, subject, row, body, before)
        event = draw_event(stream, ids, trial, subject, body, cycle, following)
        cycles.append(cycle)
        events += [event] if event else []
        total += DOSE_LEVELS[cycle.level]
        before = _Before(cycle, total, event)
    events += laboratory_events(stream, ids, cycles)
    return Given(tuple(cycles), tuple(sorted(events, key=lambda event: (event.day, event.minute))))


def _level(before: _Before | None, values: Iterable[tuple[Lab, int]]) -> tuple[int, Lowered | None]:
    """The dosing rule: one level lower if counts are low or an event was severe since the dose before."""
    if before is None:
        return 0, None
    why = _why_lower(before.event, values)
    if why is None or before.cycle.level + 1 == len(DOSE_LEVELS):
        return before.cycle.level, None
    return before.cycle.level + 1, why


def _why_lower(event: Event | None, values: Iterable[tuple[Lab, int]]) -> Lowered | None:
    counts = {lab.words: value for lab, value in values}
    if counts[labs.NEUTROPHILS.words] < NEUTROPHILS_FLOOR:
        return "neutrophils"
    if counts[labs.PLATELETS.words] < PLATELETS_FLOOR:
        return "platelets"
    return "event" if event is not None and event.severity == "severe" else None


def _draw_cycle(
    stream: Stream,
    ids: Ids,
    trial: Trial,
    subject: SubjectPlan,
    row: Administration,
    body: Body,
    before: _Before | None,
) -> Cycle:
    day, minute = row.effective.day, row.effective.minute
    assert subject.enrolment is not None, "only the enrolled are treated"
    blood = _draw_blood(stream, day, minute, subject.enrolment.day)
    identity = ids.identifier()
    visit = Visit(
        id=identity,
        reference=reference("Encounter", identity),
        kind=TREATMENT,
        day=day,
        start=minute - blood.lead,
        end=minute + stream.integer(35, 80),
        number=str(stream.below(10**9)),
    )
    exposure = _exposure(row, before)
    values = draw_counts(stream, body, exposure)
    if row.cycle in _LDH_BEFORE:
        values += ((labs.LDH, draw_ldh(stream, body, exposure)),)
    level, lowered = _level(before, values)
    return Cycle(
        administration=row.id,
        number=row.cycle,
        visit=visit,
        day=day,
        minute=minute,
        level=level,
        dose=trial.dose * DOSE_LEVELS[level] // 100,
        lowered=lowered,
        weight=Weighed(ids.identifier(), draw_weight(stream, body, exposure)),
        results=_results(ids, values, blood, visit),
        performance=_performance(stream, ids, body) if row.cycle in _PERFORMANCE_BEFORE else None,
    )


def _exposure(row: Administration, before: _Before | None) -> Exposure:
    if before is None:
        return Exposure(row.cycle, 0, 0)
    return Exposure(row.cycle, before.total, DOSE_LEVELS[before.cycle.level])


def _performance(stream: Stream, ids: Ids, body: Body) -> Performance:
    return Performance(ids.identifier(), draw_performance(stream, body), ids.identifier())


def _draw_blood(stream: Stream, day: date, minute: int, enrolment: date) -> _Draw:
    """On the day of the dose at the visit, or one or two days before, never on a Sunday or before enrolment."""
    back = stream.weighted(_DAYS_BEFORE)
    if (day - timedelta(days=back)).weekday() == 6:
        back = 3 - back
    taken = day - timedelta(days=back)
    if back == 0 or taken < enrolment:
        lead = stream.integer(80, 135)
        start = minute - lead + stream.integer(5, 15)
        return _Draw(day, start, start + stream.integer(35, 60), lead)
    start = stream.integer(420, 900)
    return _Draw(taken, start, start + stream.integer(60, 360), stream.integer(20, 45))


def _results(ids: Ids, values: Sequence[tuple[Lab, int]], blood: _Draw, visit: Visit) -> tuple[Result, ...]:
    at_visit = visit if blood.day == visit.day else None
    return tuple(
        Result(ids.identifier(), lab, value, blood.day, blood.minute, blood.day, blood.issued, "final", at_visit)
        for lab, value in values
    )
