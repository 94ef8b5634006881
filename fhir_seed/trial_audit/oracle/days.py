"""Calendar days at a site, and what a partial birth date can mean (clauses 1.4 and 2.5)."""

import calendar
from datetime import UTC, date, datetime, timedelta, timezone

from fhir_r4 import Invalid

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def fixed_offset(minutes: int) -> timezone:
    return timezone(timedelta(minutes=minutes))


def instant(value: str) -> datetime:
    """An instant with its offset. Raises Invalid."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise Invalid(f"{value!r} is not a date and time: write it as 2024-03-01T09:30:00-05:00") from error
    if moment.tzinfo is None:
        raise Invalid(f"{value!r} has a time but no offset: add one, as in 2024-03-01T09:30:00-05:00")
    return moment


def site_day(value: str, offset: timezone) -> date:
    """The calendar day at the site; a value without a time is taken as it stands. Raises Invalid."""
    if "T" in value:
        return instant(value).astimezone(offset).date()
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise Invalid(f"{value!r} is not a calendar day: only a birth date may lack its day or month") from error


def completions(birth_date: str) -> tuple[date, date]:
    """The first and the last day that a birth date (YYYY, YYYY-MM or YYYY-MM-DD) can mean. Raises Invalid."""
    try:
        year, month, day = [*map(int, birth_date.split("-")), 0, 0][:3]
        first = date(year, month or 1, day or 1)
        if day:
            return first, first
        last_month = month or 12
        return first, date(year, last_month, calendar.monthrange(year, last_month)[1])
    except ValueError as error:
        raise Invalid(f"{birth_date!r} is not a birth date: write YYYY, YYYY-MM or YYYY-MM-DD") from error


def whole_years(birth: date, day: date) -> int:
    """Years completed from birth to day."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
