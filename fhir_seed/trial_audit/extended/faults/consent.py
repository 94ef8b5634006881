"""An error of clause 8.1: a study procedure before consent."""

from dataclasses import replace

from fhir_seed.trial_audit.calendar_days import days
from fhir_seed.trial_audit.extended.faults.kind import Kind, Struck
from fhir_seed.trial_audit.extended.records import Person, Setting


def _fits(person: Person, setting: Setting) -> bool:
    return any(done.study and done.status == "completed" for done in person.extra.procedures)


def _strike(person: Person, setting: Setting) -> Struck:
    """The study procedure was done before the day of consent, at the hour at which it would have been done."""
    stream, screening = setting.stream, person.course.screening
    done = next(one for one in person.extra.procedures if one.study and one.status == "completed")
    early = replace(done, day=screening.day - days(stream.integer(1, 9)))
    procedures = tuple(early if one.id == done.id else one for one in person.extra.procedures)
    person = person.with_extra(procedures=procedures)
    return person, [[f"Consent/{person.course.consent_id}", f"Procedure/{done.id}"]]


CONSENT_AFTER_PROCEDURE = Kind(_fits, _strike)
