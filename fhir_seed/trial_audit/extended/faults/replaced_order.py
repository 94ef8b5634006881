"""Orders that an error takes the place of, so that errors do not add rows."""

from fhir_seed.trial_audit.extended.records import Ordered, Person


def replaceable(person: Person) -> list[Ordered]:
    """Orders that an error can take the place of: of a medicine that is not ordered twice beside the course's."""
    groups = [row.group for row in person.extra.orders]
    return [row for row in person.extra.orders if groups.count(row.group) == 1]


def limited(person: Person) -> list[Ordered]:
    """Those that look like an order for a while."""
    return [row for row in replaceable(person) if row.end is not None and row.counts]


def unlinked(person: Person) -> list[Ordered]:
    return [row for row in replaceable(person) if row.counts and row.prior is None]


def instead(person: Person, old: Ordered, new: Ordered) -> Person:
    """So that errors do not add rows."""
    return person.with_extra(orders=tuple(new if row.id == old.id else row for row in person.extra.orders))


def allergic_to(person: Person) -> set[str]:
    """Medicines to which an allergy counts, from whatever day."""
    return {row.group for row in person.extra.allergies if row.counts}
