"""Days and moments as a site writes them, and birth dates."""

import calendar
from datetime import date

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.calendar_days import age_on, days
from fhir_seed.trial_audit.faults_marks import Marks
from fhir_seed.trial_audit.plan import Moment
from tasks.trial_audit import IMPOSSIBLE_AGE, Protocol

FIRST_DAY = date(2022, 6, 1)
LAST_DAY = date(2024, 9, 30)
MORNING = (480, 780)
"""Minutes of the day, both inclusive. At no US site is a morning another day in UTC."""
WORKDAY = (480, 1020)
EVENING = (1140, 1320)
ANY_TIME = (0, 1439)

_UTC_WRITTEN = 120
_OTHER_WRITTEN = 30
_OTHER_OFFSETS = (-300, -360, -480, 60)
_ONLY_YEAR = 8
_ONLY_MONTH = 25


def draw_moment(
    stream: Stream, day: date, site_offset: int, hours: tuple[int, int] = WORKDAY, date_only: int = 0
) -> Moment:
    """date_only: per mille written without a time."""
    minute = stream.integer(*hours)
    if stream.chance(date_only):
        return Moment(day, minute, None)
    return Moment(day, minute, _draw_written_offset(stream, site_offset))


def draw_enrolment_day(stream: Stream, delay: int) -> date:
    """A weekday whose treatment start, `delay` days later, is a weekday too."""
    span = (LAST_DAY - FIRST_DAY).days
    while True:
        day = FIRST_DAY + days(stream.integer(0, span))
        if day.weekday() < 5 and (day + days(delay)).weekday() < 5:
            return day


def draw_age(stream: Stream, protocol: Protocol) -> int:
    while True:
        age = stream.normal(58, 11)
        if protocol.age_min <= age <= protocol.age_max:
            return age


def draw_birth_date(stream: Stream, protocol: Protocol, marks: Marks, age: int, day: date) -> str | None:
    """As written. age: whole years on `day` unless the marks say otherwise."""
    if marks.birth_date == "missing":
        return None
    if marks.birth_date == "ancient":
        age = stream.integer(IMPOSSIBLE_AGE + 1, IMPOSSIBLE_AGE + 15)
    elif marks.age is not None:
        age = marks.age
    born = _draw_birthday(stream, age, day)
    if marks.birth_date == "future":
        born = born.replace(year=born.year + 100)
    return _write_birth_date(stream, protocol, born, day)


def draw_full_birth_date(stream: Stream, age: int, day: date) -> str:
    return _draw_birthday(stream, age, day).isoformat()


def _draw_birthday(stream: Stream, age: int, day: date) -> date:
    """Any day that gives `age` whole years on `day`; never 29 February."""
    birthday = date(day.year - age, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)
    born = birthday - days(stream.below(365))
    return born.replace(day=28) if (born.month, born.day) == (2, 29) else born


def _write_birth_date(stream: Stream, protocol: Protocol, born: date, day: date) -> str:
    """In full, or partial where every completion gives the same verdict."""
    form = stream.below(1000)
    if form < _ONLY_YEAR and _same_verdict(date(born.year, 1, 1), date(born.year, 12, 31), protocol, day):
        return f"{born.year:04d}"
    last = calendar.monthrange(born.year, born.month)[1]
    if _ONLY_YEAR <= form < _ONLY_YEAR + _ONLY_MONTH and _same_verdict(
        born.replace(day=1), born.replace(day=last), protocol, day
    ):
        return f"{born.year:04d}-{born.month:02d}"
    return born.isoformat()


def _same_verdict(first: date, last: date, protocol: Protocol, day: date) -> bool:
    return _class(first, protocol, day) == _class(last, protocol, day)


def _class(born: date, protocol: Protocol, day: date) -> int:
    """Ordered by birth date, so equal ends mean that all between are equal."""
    if born > day:
        return 4
    age = age_on(born, day)
    if age < protocol.age_min:
        return 3
    if age <= protocol.age_max:
        return 2
    return 1 if age <= IMPOSSIBLE_AGE else 0


def _draw_written_offset(stream: Stream, site_offset: int) -> int:
    form = stream.below(1000)
    if form < _UTC_WRITTEN:
        return 0
    if form < _UTC_WRITTEN + _OTHER_WRITTEN:
        return stream.choice(_OTHER_OFFSETS)
    return site_offset
