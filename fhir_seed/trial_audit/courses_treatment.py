"""Administrations of the study drug by cycle, rows that do not count, and how a death is recorded."""

from dataclasses import dataclass
from datetime import date

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.calendar_days import days
from fhir_seed.trial_audit.courses_dates import ANY_TIME, EVENING, WORKDAY, draw_moment
from fhir_seed.trial_audit.plan import AdministrationStatus, Moment

_CYCLE_DAYS = 21
_CYCLES = (1, 2, 3, 4, 5, 6)
_CYCLE_WEIGHTS = (6, 9, 11, 13, 12, 49)
_EVENINGS = 80
_EARLY_ROW = 150
"""A mask: who takes the row for the start sees no late one. Drawn for everyone alike, so that it tells of no item."""
_LATER_ROW = 60
_NOT_GIVEN: tuple[AdministrationStatus, ...] = ("entered-in-error", "not-done")
_SOURCES = ("patient", "event", "same", "different")
_SOURCE_WEIGHTS = (33, 32, 20, 15)
"""A third of the dead are not dead in their Patient (Curtis, Health Serv Res 2018: sensitivity .66)."""
_DEATH_DATE_ONLY = 550


@dataclass(frozen=True, slots=True)
class Dose:
    """One MedicationAdministration before it has an id."""

    cycle: int
    status: AdministrationStatus
    effective: Moment


@dataclass(frozen=True, slots=True)
class Treatment:
    """end: the last day on which the subject can be treated."""

    enrolment: date
    start: date
    end: date
    site_offset: int


@dataclass(frozen=True, slots=True)
class Death:
    """As recorded: in the Patient, in the fatal AdverseEvent."""

    patient: Moment | None
    event: Moment | None


def draw_doses(stream: Stream, treatment: Treatment, *, noise: bool) -> list[Dose]:
    """1 to 6 completed; with noise, some subjects have one row that does not count."""
    doses = [_draw_dose(stream, 1, "completed", treatment.start, treatment.site_offset)]
    for cycle in range(2, _CYCLES[stream.weighted(_CYCLE_WEIGHTS)] + 1):
        day = _cycle_day(stream, treatment.start, cycle)
        if day > treatment.end:
            break
        doses.append(_draw_dose(stream, cycle, "completed", day, treatment.site_offset))
    if not noise:
        return doses
    form = stream.below(1000)
    if form < _EARLY_ROW:
        doses.append(_draw_early_row(stream, treatment))
    elif form < _EARLY_ROW + _LATER_ROW:
        doses += _draw_later_row(stream, treatment, len(doses))
    return doses


def _draw_early_row(stream: Stream, treatment: Treatment) -> Dose:
    """A row that does not count before the real start, often even before enrolment."""
    status = stream.choice(_NOT_GIVEN)
    delay = (treatment.start - treatment.enrolment).days
    between = delay >= 2 and stream.chance(350)
    day = treatment.enrolment + days(stream.integer(1, delay - 1) if between else -stream.integer(1, 6))
    return _draw_dose(stream, 1, status, day, treatment.site_offset)


def draw_death(stream: Stream, earliest: date, later: date | None, site_offset: int) -> Death:
    """In one source or both, on the same day or on different ones; the earlier day decides.

    later: the other day if the sources differ; None: drawn.
    """
    form = _SOURCES[stream.weighted(_SOURCE_WEIGHTS)]
    after = earliest + days(stream.integer(1, 20)) if later is None else later
    swapped = stream.chance(500)
    first = draw_moment(stream, earliest, site_offset, ANY_TIME, _DEATH_DATE_ONLY)
    second = draw_moment(stream, after if form == "different" else earliest, site_offset, ANY_TIME, _DEATH_DATE_ONLY)
    if form == "patient":
        return Death(first, None)
    if form == "event":
        return Death(None, first)
    return Death(second, first) if swapped else Death(first, second)


def _draw_dose(stream: Stream, cycle: int, status: AdministrationStatus, day: date, site_offset: int) -> Dose:
    hours = EVENING if stream.chance(_EVENINGS) else WORKDAY
    return Dose(cycle, status, draw_moment(stream, day, site_offset, hours))


def _cycle_day(stream: Stream, start: date, cycle: int) -> date:
    day = start + days(_CYCLE_DAYS * (cycle - 1) + stream.integer(-2, 3))
    return day + days(7 - day.weekday()) if day.weekday() >= 5 else day


def _draw_later_row(stream: Stream, treatment: Treatment, cycles: int) -> list[Dose]:
    cycle = stream.integer(2, min(6, cycles + 1))
    status = stream.choice(_NOT_GIVEN)
    day = _cycle_day(stream, treatment.start, cycle)
    return [_draw_dose(stream, cycle, status, day, treatment.site_offset)] if day <= treatment.end else []
