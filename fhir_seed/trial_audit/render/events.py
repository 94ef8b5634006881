"""Draws the adverse events of the treatment: what a patient reports in a cycle, and what the laboratory finds."""

from collections.abc import Sequence
from datetime import date, timedelta

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.plan import SubjectPlan
from fhir_seed.trial_audit.render import labs
from fhir_seed.trial_audit.render.deaths import day_of_death
from fhir_seed.trial_audit.render.encounter import UNSCHEDULED
from fhir_seed.trial_audit.render.facts import Cycle, Event, Result, Trial, Visit
from fhir_seed.trial_audit.render.ids import Ids
from fhir_seed.trial_audit.render.physiology import Body, draw_nadir
from fhir_seed.trial_audit.render.terms import (
    ANEMIA,
    FEBRILE_NEUTROPENIA,
    FEVER,
    NEUTROPENIA,
    SEVERE,
    SYMPTOMS,
    THROMBOCYTOPENIA,
)
from fhir_seed.trial_audit.render.written import reference

_SEVERITY = ("mild", "moderate", "severe")
_SEVERITY_WEIGHTS = (55, 32, 13)
_OUTCOMES = ("resolved", "recovering", "ongoing")
_OUTCOME_WEIGHTS = (70, 15, 15)
_NEUTROPENIA_UNDER = (15, 10)
"""Tenths of 10*3/uL: grades 2 and 3 of the CTCAE. Nobody is given a dose with grade 4."""
_THROMBOCYTOPENIA_UNDER = (75, 50)
"""10*3/uL, likewise."""
_ANEMIA_UNDER = (100, 80)
"""Tenths of g/dL, likewise."""
_DAY = 1440


def draw_event(
    stream: Stream, ids: Ids, trial: Trial, subject: SubjectPlan, body: Body, cycle: Cycle, following: date | None
) -> Event | None:
    """What happens in a cycle, if anything; following: the day of the next dose, before which it starts."""
    if not stream.chance(body.tolerance.events):
        return None
    severity = _SEVERITY[stream.weighted(_SEVERITY_WEIGHTS)]
    term = stream.choice(SEVERE if severity == "severe" else SYMPTOMS)
    last = _last_day(trial, subject, cycle.day)
    latest = last if following is None else min(last, following - timedelta(days=1))
    day = min(cycle.day + timedelta(days=stream.integer(*term.days)), max(cycle.day, latest))
    stay = stream.integer(2, 5)
    duration = stay + stream.integer(2, 16)
    minute = stream.integer(600, 1200) if day > cycle.day else min(1420, cycle.visit.end + stream.integer(10, 60))
    outcome = _OUTCOMES[stream.weighted(_OUTCOME_WEIGHTS)]
    home = last if following is None else min(last, following - timedelta(days=3))
    admitted = severity == "severe" and day + timedelta(days=stay) <= home
    if severity == "severe" and not admitted:  # too near to the end for a stay, so it was less than that
        severity, term = "moderate", FEVER if term is FEBRILE_NEUTROPENIA else term
    admission = _draw_admission(stream, ids, day, minute) if admitted else None
    heard = stream.integer(20, 240) + (0 if admission else stream.below(4) * _DAY)
    return Event(
        id=ids.identifier(),
        term=term.place,
        severity=severity,
        outcome=outcome if day + timedelta(days=duration) <= last else "recovering",
        day=day,
        minute=minute,
        heard=heard,
        written=stream.integer(15, 900) if admission else _written_later(stream, minute + heard),
        ends=day + timedelta(days=duration),
        administration=cycle.administration,
        admission=admission,
        admission_days=stay,
        diagnosis_id=ids.identifier(),
        results=_draw_results(stream, ids, body, admission, deep=term is FEBRILE_NEUTROPENIA) if admission else (),
    )


def laboratory_events(stream: Stream, ids: Ids, cycles: Sequence[Cycle]) -> list[Event]:
    """Low counts and anemia that the blood drawn for a dose shows; each time that one gets worse is an event."""
    return [
        *_spells(stream, ids, cycles, NEUTROPENIA.place, _NEUTROPENIA_UNDER, labs.NEUTROPHILS.words),
        *_spells(stream, ids, cycles, THROMBOCYTOPENIA.place, _THROMBOCYTOPENIA_UNDER, labs.PLATELETS.words),
        *_spells(stream, ids, cycles, ANEMIA.place, _ANEMIA_UNDER, labs.HEMOGLOBIN.words),
    ]


def _spells(
    stream: Stream, ids: Ids, cycles: Sequence[Cycle], term: int, under: Sequence[int], words: str
) -> list[Event]:
    """What was as low before the first dose is no event of the treatment. All events of a spell are over with the first
    value that is not low.
    """
    values = [next(one for one in cycle.results if one.lab.words == words) for cycle in cycles]
    grades = [sum(one.value < limit for limit in under) for one in values]
    found: list[Event] = []
    worst = grades[0] if grades else 0
    for place in range(1, len(cycles)):
        if grades[place] > worst:
            over = next((values[other].day for other in range(place + 1, len(cycles)) if not grades[other]), None)
            severity, suspected = _SEVERITY[grades[place]], cycles[place - 1].administration
            found.append(_laboratory_event(stream, ids, suspected, term, severity, values[place], over))
        worst = max(worst, grades[place]) if grades[place] else 0
    return found


def _laboratory_event(
    stream: Stream, ids: Ids, administration: str, term: int, severity: str, seen: Result, over: date | None
) -> Event:
    """Without complaints. A severe one starts with counts under the floor, which lower the same dose as it does."""
    return Event(
        id=ids.identifier(),
        term=term,
        severity=severity,
        outcome="ongoing" if over is None else "resolved",
        day=seen.day,
        minute=seen.minute,
        heard=seen.issued_minute - seen.minute,
        written=_written_later(stream, seen.issued_minute),
        ends=over or seen.day,
        administration=administration,
        admission=None,
        admission_days=0,
        diagnosis_id="",
        results=(),
    )


def _written_later(stream: Stream, heard: int) -> int:
    """Minutes from hearing of it, at a minute counted from the day of the onset, to working hours of a later day."""
    days = heard // _DAY + stream.integer(1, 3)
    return days * _DAY + stream.integer(480, 1020) - heard


def _draw_admission(stream: Stream, ids: Ids, day: date, minute: int) -> Visit:
    identity = ids.identifier()
    start = minute + stream.integer(40, 110)
    return Visit(
        identity, reference("Encounter", identity), UNSCHEDULED, day, start, start + 60, str(stream.below(10**9))
    )


def _draw_results(stream: Stream, ids: Ids, body: Body, stay: Visit, *, deep: bool) -> tuple[Result, ...]:
    minute = stay.start + stream.integer(10, 40)
    issued = minute + stream.integer(40, 120)
    return tuple(
        Result(ids.identifier(), lab, value, stay.day, minute, stay.day, issued, "final", stay)
        for lab, value in draw_nadir(stream, body, deep=deep)
    )


def _last_day(trial: Trial, subject: SubjectPlan, visit: date) -> date:
    """Nothing happens after the end of the world, nor after a death that follows the visit."""
    death = day_of_death(subject)
    limits = [trial.last_day] if death is None or death < visit else [trial.last_day, death]
    return max(visit, min(limits))
