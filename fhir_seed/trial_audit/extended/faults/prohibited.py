"""An error of clause 8.5: treatment while a prohibited medicine is in use or not washed out."""

from fhir_seed.trial_audit.calendar_days import days
from fhir_seed.trial_audit.extended.faults.kind import Kind, Struck
from fhir_seed.trial_audit.extended.faults.replaced_order import allergic_to, instead, limited
from fhir_seed.trial_audit.extended.ordinary_orders import fitting, order
from fhir_seed.trial_audit.extended.records import Person, Setting


def _open_prohibited(person: Person, setting: Setting) -> list[str]:
    barred = allergic_to(person)
    return [group for group in fitting(person, setting, setting.prohibited) if group not in barred]


def _fits(person: Person, setting: Setting) -> bool:
    return bool(person.course.cycles and limited(person) and _open_prohibited(person, setting))


def _strike(person: Person, setting: Setting) -> Struck:
    """In use on a day of treatment, or its washout not over; written at a visit if the row that it replaces was."""
    stream, washout, old = setting.stream, setting.rules.washout_days, setting.stream.choice(limited(person))
    dose = stream.choice(person.course.cycles).day
    if old.visit or stream.chance(300):
        start = dose - days(0 if old.visit else stream.integer(1, 6))
        end = start + days(stream.integer(7, 12))
    else:
        end = dose - days(stream.integer(1, washout))
        start = end - days(stream.integer(5, 9))
    row = order(person, setting, stream.choice(_open_prohibited(person, setting)), start, end)
    struck = [c for c in person.course.cycles if start <= c.day <= end + days(washout)]
    shown = [[f"MedicationRequest/{row.id}", f"MedicationAdministration/{c.administration}"] for c in struck]
    return instead(person, old, row), shown


PROHIBITED_CONMED = Kind(_fits, _strike)
