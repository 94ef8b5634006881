"""An error of clause 8.8: what a person is allergic to was ordered."""

from collections.abc import Sequence
from dataclasses import replace

from fhir_seed.trial_audit.extended.faults.kind import Kind, Struck
from fhir_seed.trial_audit.extended.faults.replaced_order import instead, unlinked
from fhir_seed.trial_audit.extended.ordinary_orders import FOR_DAYS, FOR_GOOD, fitting, reason_for
from fhir_seed.trial_audit.extended.records import Ordered, Person, Setting


def _conflicts(person: Person, setting: Setting) -> list[tuple[Ordered, str]]:
    """(order, medicine): what the only allergy is to, if it counts, could as well have been ordered."""
    groups = [row.group for row in person.extra.allergies if row.counts and row.group not in setting.prohibited]
    rows = [row for row in unlinked(person) if row.group not in setting.prohibited]
    pairs = [(row, group) for group in groups for row in rows if group != row.group]
    pairs = [(row, group) for row, group in pairs if {row.group, group} <= set(_alike(row))]
    return [(row, group) for row, group in pairs if fitting(person, setting, [group], row)]


def _alike(row: Ordered) -> Sequence[str]:
    """Medicines that are ordered for as long."""
    return FOR_GOOD if row.end is None else FOR_DAYS


def _fits(person: Person, setting: Setting) -> bool:
    return len(person.extra.allergies) == 1 and bool(_conflicts(person, setting))


def _strike(person: Person, setting: Setting) -> Struck:
    """The allergy is any other's; another medicine was ordered."""
    stream = setting.stream
    old, group = stream.choice(_conflicts(person, setting))
    reason = reason_for(person, setting, group, lasting=old.end is None)
    row = replace(old, code=stream.choice(setting.products(group)), group=group, reason=reason)
    (allergy,) = person.extra.allergies
    assert allergy.recorded <= row.day, "only those recorded later than orders are to what is taken"
    return instead(person, old, row), [[f"AllergyIntolerance/{allergy.id}", f"MedicationRequest/{row.id}"]]


ALLERGY_CONFLICT = Kind(_fits, _strike)
