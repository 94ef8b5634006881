"""An error of clause 8.3: blood was not drawn in time for a dose."""

from datetime import date

from fhir_seed.trial_audit.calendar_days import days
from fhir_seed.trial_audit.extended.faults.kind import Kind, Struck, enrolled_on
from fhir_seed.trial_audit.extended.ordinary_orders import last_day
from fhir_seed.trial_audit.extended.ordinary_values import NOT_FINAL, SAFETY, lowers, on_day, renal_orders
from fhir_seed.trial_audit.extended.records import Person, Setting, with_results
from fhir_seed.trial_audit.render.facts import Cycle, Result

_WEEK = 7


def _safety_rows(person: Person, setting: Setting) -> list[tuple[Cycle, Result]]:
    """Results drawn on a day before the visit that alone count for their test before a dose, and that lower nothing.

    Nor are they what an adverse event was seen by: that would stay behind on a day without a result.
    """
    onsets = {(event.day, event.minute) for event in person.course.events}
    found = []
    for cycle in person.course.cycles:
        for lab in SAFETY:
            first = cycle.day - days(setting.rules.lab_days)
            rows = [row for row in person.results(lab) if row.status not in NOT_FINAL]
            rows = [row for row in rows if first <= row.day <= cycle.day]
            seen = cycle.result(lab)
            if seen is None or seen.visit is not None or lowers(seen) or (seen.day, seen.minute) in onsets:
                continue
            if rows == [seen]:
                found.append((cycle, seen))
    return [(cycle, seen) for cycle, seen in found if _untimely(person, setting, cycle, seen)]


def _untimely(person: Person, setting: Setting, cycle: Cycle, seen: Result) -> list[date]:
    """A week too early or too late, so on a weekday like those in time: doses have their weekdays, and so has blood."""
    first, last = enrolled_on(person), last_day(person, setting)
    open_ = [day for day in (seen.day - days(_WEEK), seen.day + days(_WEEK)) if first <= day <= last]
    return [day for day in open_ if not 0 <= (cycle.day - day).days <= setting.rules.lab_days]


def _fits(person: Person, setting: Setting) -> bool:
    return bool(_safety_rows(person, setting)) and not renal_orders(person, setting)


def _strike(person: Person, setting: Setting) -> Struck:
    """Collected a week too early or too late; a row beside it that was cancelled or in error does not help."""
    stream, rows = setting.stream, _safety_rows(person, setting)
    repeated = [(cycle, seen) for cycle, seen in rows if _repeats(person, seen)]
    cycle, seen = stream.choice(repeated or rows)
    day = stream.choice(_untimely(person, setting, cycle, seen))
    person = person.with_cycle(with_results(cycle, [on_day(seen, day)]))
    return person, [[f"MedicationAdministration/{cycle.administration}"]]


def _repeats(person: Person, seen: Result) -> bool:
    return any(row.day == seen.day and row.status in NOT_FINAL for row in person.results(seen.lab))


MISSED_SAFETY_LAB = Kind(_fits, _strike)
