"""An error of clause 8.7: two orders of one medicine."""

from fhir_seed.trial_audit.calendar_days import days
from fhir_seed.trial_audit.extended.faults.kind import Kind, Struck
from fhir_seed.trial_audit.extended.faults.replaced_order import allergic_to, instead, unlinked
from fhir_seed.trial_audit.extended.medicine_groups import RENAL
from fhir_seed.trial_audit.extended.ordinary_orders import day_of_order, last_day, order, reason_again
from fhir_seed.trial_audit.extended.records import Person, Setting, product_of
from fhir_seed.trial_audit.render.facts import Prescription

_LATEST = 60
"""Days after screening up to which a medicine is ordered again."""


def _repeatable(person: Person, setting: Setting) -> list[tuple[Prescription, str]]:
    """(order, medicine) of the course that can be ordered again without another error."""
    barred = allergic_to(person) | set(RENAL) | {row.group for row in person.extra.orders}
    rows = [(row, setting.group(product_of(row))) for row in person.course.prescriptions if row.stopped is None]
    return [(row, group) for row, group in rows if group not in barred]


def _fits(person: Person, setting: Setting) -> bool:
    late = last_day(person, setting) < person.course.screening.day + days(_LATEST)
    return not late and bool(unlinked(person) and _repeatable(person, setting))


def _strike(person: Person, setting: Setting) -> Struck:
    """The same medicine ordered again, for longer than the overlap that is allowed; neither order names the other."""
    stream = setting.stream
    first, group = stream.choice(_repeatable(person, setting))
    old = stream.choice(unlinked(person))
    day = day_of_order(person, setting, 0, _LATEST, visited=old.visit is not None)
    end = None if old.end is None else day + days(setting.rules.overlap_days + stream.integer(2, 12))
    reason = reason_again(person, setting, first, lasting=end is None)
    row = order(person, setting, group, day, end, reason)
    return instead(person, old, row), [[f"MedicationRequest/{first.id}", f"MedicationRequest/{row.id}"]]


DUPLICATE_THERAPY = Kind(_fits, _strike)
