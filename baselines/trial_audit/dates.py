"""FHIR dates as calendar days at a site, and whole years between them."""

import re
from datetime import date, datetime, timedelta

from baselines.errors import Unreadable


def day_at(text: str, offset_minutes: int) -> date:
    """The calendar day of a FHIR date or dateTime in a fixed UTC offset. A value without a time is taken as it stands.

    Raises Unreadable for a value without a day: it names no calendar day.
    """
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return moment.date()
        shift = timedelta(minutes=offset_minutes) - (moment.utcoffset() or timedelta())
        return (moment.replace(tzinfo=None) + shift).date()
    except ValueError as error:
        raise Unreadable(f"{text!r} names no calendar day") from error


def seconds(text: str | None) -> float:
    """Of an instant, since 1970; minus infinity if there is none. Raises Unreadable."""
    try:
        return float("-inf") if text is None else datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise Unreadable(f"{text!r} is no instant") from error


def completions(birth_date: str) -> tuple[date, date]:
    """First and last day that a birth date may mean: the same day twice if it is whole. Raises Unreadable."""
    parts = [int(part) for part in birth_date.split("-")] if _PARTIAL.fullmatch(birth_date) else []
    try:
        if len(parts) == 3:
            day = date(*parts)
            return day, day
        if len(parts) == 2:
            year, month = parts
            following = date(year + month // 12, month % 12 + 1, 1)
            return date(year, month, 1), following - timedelta(days=1)
        if len(parts) == 1:
            return date(parts[0], 1, 1), date(parts[0], 12, 31)
    except ValueError as error:
        raise Unreadable(f"birth date {birth_date!r} is not on the calendar") from error
    raise Unreadable(f"birth date {birth_date!r} is not a FHIR date")


def whole_years(born: date, day: date) -> int:
    """Years completed from birth to the day; negative before birth."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


_PARTIAL = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
