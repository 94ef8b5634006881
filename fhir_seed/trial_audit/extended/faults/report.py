"""An error of clause 8.6: a serious event was recorded too late."""

from dataclasses import replace

from fhir_seed.trial_audit.extended.faults.kind import Kind, Struck
from fhir_seed.trial_audit.extended.ordinary_values import record_days
from fhir_seed.trial_audit.extended.records import Person, Setting

_DAY = 1440


def _fits(person: Person, setting: Setting) -> bool:
    return any(event.admission for event in person.course.events)


def _strike(person: Person, setting: Setting) -> Struck:
    stream = setting.stream
    serious = stream.choice([event for event in person.course.events if event.admission])
    late = replace(serious, written=serious.written + stream.integer(2, 9) * _DAY)
    assert record_days(late) > setting.rules.reporting_days, "two whole days are two calendar days"
    events = tuple(late if event.id == late.id else event for event in person.course.events)
    return person.with_course(events=events), [[f"AdverseEvent/{late.id}"]]


SAE_REPORTING_DELAY = Kind(_fits, _strike)
