"""What a careless reading of one subject's chart flags: the verdicts of section 3 on values that were misread.

A reading of the plan as it is gives the truth; each phenomenon that can fool a reader changes one thing in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from fhir_seed.trial_audit.calendar_days import age_on
from fhir_seed.trial_audit.plan import IndexRow, StageRow, SubjectPlan
from tasks.trial_audit import IMPOSSIBLE_AGE, Protocol

_STAGE_IV = 4


@dataclass(frozen=True, slots=True)
class Value:
    """One row of stage or index as somebody reads it."""

    reference: str
    day: date
    issued: tuple[date, int]
    value: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody takes from the chart of an enrolled subject."""

    enrolled: date
    starts: tuple[date, ...]
    deaths: tuple[date, ...]
    stages: tuple[Value, ...]
    indices: tuple[Value, ...]


def careful(subject: SubjectPlan) -> Reading:
    """As the protocol says. subject: enrolled."""
    assert subject.enrolment is not None, "only the enrolled are read"
    deaths = [subject.deceased] if subject.deceased else []
    if subject.fatal_event:
        deaths.append(subject.fatal_event.date)
    return Reading(
        enrolled=subject.enrolment.day,
        starts=tuple(a.effective.day for a in subject.administrations if a.status == "completed"),
        deaths=tuple(moment.day for moment in deaths),
        stages=_values(subject.stage_rows),
        indices=_values(subject.index_rows),
    )


def _values(rows: Sequence[StageRow] | Sequence[IndexRow]) -> tuple[Value, ...]:
    return tuple(
        Value(
            f"Observation/{row.id}",
            row.effective.day,
            (row.issued.day, row.issued.minute),
            row.stage if isinstance(row, StageRow) else row.value,
        )
        for row in rows
        if row.status != "entered-in-error"
    )


def flags(reading: Reading, protocol: Protocol) -> frozenset[str]:
    """Finding types but invalid_age, which no misreading of these values touches."""
    found = set()
    start = min(reading.starts, default=None)
    if start is not None:
        if reading.deaths and min(reading.deaths) < start:
            found.add("temporal_inconsistency")
        if (start - reading.enrolled).days > _allowed(reading, protocol):
            found.add("protocol_window_violation")
    return frozenset(found)


def _allowed(reading: Reading, protocol: Protocol) -> int:
    if _counting(reading.stages, reading.enrolled) != _STAGE_IV:
        return protocol.window
    index, threshold = _counting(reading.indices, reading.enrolled), protocol.comorbidity_threshold
    overridden = threshold is not None and index is not None and index > threshold
    return protocol.window if overridden else protocol.stage_iv_window


def _counting(rows: Iterable[Value], enrolled: date) -> int | None:
    """Of the latest row up to enrolment."""
    live = [row for row in rows if row.day <= enrolled]
    return max(live, key=lambda row: (row.day, row.issued, row.reference)).value if live else None


def is_age_flagged(birth_date: str | None, enrolled: date, protocol: Protocol) -> bool:
    """Whether a second Patient's birth date, read as the subject's, gives an invalid_age; a partial one by its end."""
    if birth_date is None:
        return True
    born = date.fromisoformat(birth_date + "-12-28"[len(birth_date) - 4 :] if len(birth_date) < 10 else birth_date)
    age = age_on(born, enrolled)
    return born > enrolled or age > IMPOSSIBLE_AGE or not protocol.age_min <= age <= protocol.age_max
