"""An error of clause 8.2: the hemoglobin of eligibility is too old."""

from dataclasses import replace

from fhir_seed.trial_audit.calendar_days import days
from fhir_seed.trial_audit.extended.faults.kind import Kind, Struck, enrolled_on, subject_of
from fhir_seed.trial_audit.extended.ordinary_values import again
from fhir_seed.trial_audit.extended.records import Person, Setting
from fhir_seed.trial_audit.render import labs
from fhir_seed.trial_audit.render.facts import Result


def _other_hemoglobin(person: Person) -> list[Result]:
    """Up to enrolment, beside the screening result; by day."""
    seen, enrolled = person.screening_result(labs.HEMOGLOBIN), enrolled_on(person)
    rows = [row for row in person.results(labs.HEMOGLOBIN) if row.day <= enrolled and row.id != seen.id]
    return sorted(rows, key=lambda row: row.day)


def _expirable(person: Person, setting: Setting) -> Result | None:
    """The one result that says that the hemoglobin was in time, if it was drawn elsewhere than at a visit."""
    seen, others = person.screening_result(labs.HEMOGLOBIN), _other_hemoglobin(person)
    if seen.status == "final":
        return seen if seen.visit is None and not others else None
    in_time = enrolled_on(person) - days(setting.rules.eligibility_days)
    return others[-1] if len([row for row in others if row.day >= in_time]) == 1 and others[-1].visit is None else None


def _fits(person: Person, setting: Setting) -> bool:
    return _expirable(person, setting) is not None


def _strike(person: Person, setting: Setting) -> Struck:
    """The result is older; of several that stand the latest shows it."""
    seen = _expirable(person, setting)
    assert seen is not None, "only of those who fit"
    day = enrolled_on(person) - days(setting.rules.eligibility_days + setting.stream.integer(1, 20))
    old = replace(again(setting, seen, day=day), id=seen.id)
    others = [row for row in _other_hemoglobin(person) if row.id != seen.id]
    person = person.with_screening_result(old)
    person = person.with_extra(results=tuple(old if row.id == old.id else row for row in person.extra.results))
    latest = max([old, *others], key=lambda row: (row.day, row.issued_day, row.issued_minute, row.id))
    return person, [[subject_of(person), f"Observation/{latest.id}"]]


ELIGIBILITY_LAB_EXPIRED = Kind(_fits, _strike)
