"""Stage and index rows: the one that counts, and beside it rows that a rule passes over."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.calendar_days import days
from fhir_seed.trial_audit.courses_dates import draw_moment
from fhir_seed.trial_audit.plan import Moment, RowStatus

Extra = Literal["none", "superseded", "entered_in_error", "after_enrolment", "corrected"]

_EXTRAS: tuple[Extra, ...] = ("none", "superseded", "entered_in_error", "after_enrolment", "corrected")
_EXTRA_WEIGHTS = (825, 70, 30, 35, 40)
_STATUSES: tuple[RowStatus, ...] = ("final", "amended", "corrected")
_STATUS_WEIGHTS = (920, 50, 30)
_DATE_ONLY = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One Observation before it has an id."""

    value: int
    status: RowStatus
    effective: Moment
    issued: Moment


@dataclass(frozen=True, slots=True)
class Span:
    """Days between which rows may lie; end: the last day on which anything is observed (before a death)."""

    screening: date
    enrolment: date
    end: date
    site_offset: int


def draw_extra(stream: Stream) -> Extra:
    return _EXTRAS[stream.weighted(_EXTRA_WEIGHTS)]


def draw_rows(stream: Stream, value: int, extra: Extra, shown: int, span: Span) -> tuple[Row, ...]:
    """The row that counts shows `value`; the extra row, if any, shows `shown`."""
    last = (span.enrolment - span.screening).days - (extra == "entered_in_error")
    day = span.screening + days(stream.integer(0, last))
    status = _STATUSES[stream.weighted(_STATUS_WEIGHTS)]
    counts = _draw_row(stream, value, status, day, span.site_offset)
    return counts if extra == "none" else _EXTRA_ROWS[extra](stream, counts[0], shown, span)


def _draw_row(stream: Stream, value: int, status: RowStatus, day: date, offset: int) -> tuple[Row]:
    effective = draw_moment(stream, day, offset, date_only=_DATE_ONLY)
    issued = draw_moment(stream, day + days(stream.integer(1, 3)), offset)
    return (Row(value, status, effective, issued),)


def _superseded(stream: Stream, counts: Row, shown: int, span: Span) -> tuple[Row, ...]:
    day = counts.effective.day - days(stream.integer(15, 120))
    return (*_draw_row(stream, shown, "final", day, span.site_offset), counts)


def _entered_in_error(stream: Stream, counts: Row, shown: int, span: Span) -> tuple[Row, ...]:
    """Later than the row that counts, but not after enrolment."""
    day = counts.effective.day + days(stream.integer(1, (span.enrolment - counts.effective.day).days))
    return counts, *_draw_row(stream, shown, "entered-in-error", day, span.site_offset)


def _after_enrolment(stream: Stream, counts: Row, shown: int, span: Span) -> tuple[Row, ...]:
    room = (span.end - span.enrolment).days
    day = span.enrolment + days(stream.integer(20, 150) if room >= 150 else stream.integer(1, max(1, room)))
    return counts, *_draw_row(stream, shown, "final", day, span.site_offset)


def _corrected(stream: Stream, counts: Row, shown: int, span: Span) -> tuple[Row, ...]:
    """The same specimen twice: the wrong row was issued first; it is entered in error, or still stands as final."""
    wrong = replace(counts, value=shown, status="entered-in-error" if stream.chance(500) else "final")
    issued = draw_moment(stream, counts.issued.day + days(stream.integer(1, 6)), span.site_offset)
    return wrong, replace(counts, status="corrected", issued=issued)


_EXTRA_ROWS: dict[Extra, Callable[[Stream, Row, int, Span], tuple[Row, ...]]] = {
    "superseded": _superseded,
    "entered_in_error": _entered_in_error,
    "after_enrolment": _after_enrolment,
    "corrected": _corrected,
}
