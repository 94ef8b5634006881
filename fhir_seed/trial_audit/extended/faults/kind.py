"""What an error of section 8 is: whom it fits, what it changes, and what shows it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from fhir_seed.trial_audit.extended.records import Person, Setting

Evidence = Iterable[Sequence[str]]
"""Every minimal set of rows that shows an error."""
Struck = tuple[Person, Evidence]


@dataclass(frozen=True, slots=True)
class Kind:
    """fits: whether it can be done to a person; strike: does it, only to one who fits."""

    fits: Callable[[Person, Setting], bool]
    strike: Callable[[Person, Setting], Struck]


def enrolled_on(person: Person) -> date:
    assert person.enrolled is not None, "errors are of the enrolled"
    return person.enrolled


def subject_of(person: Person) -> str:
    return f"ResearchSubject/{person.plan.subject_id}"
