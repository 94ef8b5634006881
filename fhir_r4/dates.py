"""Partial dates as half-open intervals: `2020-03` is all of March 2020, an instant is its last written unit.

Times without a zone are UTC. Days are also kept as written, before any zone shift, because HAPI compares searches by
whole days with the day in the text. https://hl7.org/fhir/R4/datatypes.html#dateTime
"""

import re
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import NamedTuple

_DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_DATE_TIME = re.compile(
    r"\d{4}(-\d\d(-\d\d(?P<time>T\d\d:\d\d(?P<seconds>:\d\d(?P<fraction>\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
)

FIRST_MS = -62_135_596_800_000
LAST_MS = 253_402_300_800_000
FIRST_DAY = date.min.toordinal()
LAST_DAY = date.max.toordinal() + 1


class DateRange(NamedTuple):
    """[low, high) in milliseconds since 1970 UTC, and [low_day, high_day) in days since 0001-01-01 as written."""

    low: int
    high: int
    low_day: int
    high_day: int


ALWAYS = DateRange(FIRST_MS, LAST_MS, FIRST_DAY, LAST_DAY)


def date_range(text: str) -> DateRange:
    """The interval of a date, dateTime or instant. Raises ValueError if it is none."""
    size = len(text)
    if size == 10:
        first = date.fromisoformat(text).toordinal()
        return _days(first, first + 1)
    if size > 10:
        return _instant(text)
    if size == 7 and text[4] == "-":
        year, month = int(text[:4]), int(text[5:])
        last = date(year + month // 12, month % 12 + 1, 1).toordinal() if (year, month) != (9999, 12) else LAST_DAY
        return _days(date(year, month, 1).toordinal(), last)
    if size == 4 and text.isdecimal():
        return _days(date(int(text), 1, 1).toordinal(), date(int(text), 12, 31).toordinal() + 1)
    raise ValueError(f"not a date: {text!r}")


def _days(first: int, after: int) -> DateRange:
    return DateRange((first - _EPOCH_DAY) * _DAY_MS, (after - _EPOCH_DAY) * _DAY_MS, first, after)


def _instant(text: str) -> DateRange:
    if text[10] != "T":
        raise ValueError(f"not a date and time: {text!r}")
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    since = at - _EPOCH
    low = since.days * _DAY_MS + since.seconds * 1000 + since.microseconds // 1000
    unit = 1 if "." in text else 1000 if text[16:17] == ":" else 60_000
    day = at.toordinal()
    return DateRange(low, low + unit, day, day + 1)


def valid_date(text: str) -> bool:
    """Whether the text is a year, month, day, or a date and time, each of them real."""
    if not _DATE_TIME.fullmatch(text):
        return False
    try:
        date_range(text)
    except ValueError:
        return False
    return True


def instant_text(text: str) -> str:
    """An instant written as HAPI writes it: `2026-03-02T14:00:00.000+00:00`."""
    at = datetime.fromisoformat(text)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds")


def http_date(text: str) -> str:
    """An instant as an HTTP header writes it: `Mon, 02 Mar 2026 14:00:00 GMT`."""
    at = datetime.fromisoformat(text)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return format_datetime(at, usegmt=True)
