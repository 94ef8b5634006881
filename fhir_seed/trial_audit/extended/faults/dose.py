"""An error of clause 8.4: a dose of a level that the rule does not give."""

from dataclasses import replace
from itertools import combinations, product

from fhir_seed.trial_audit.extended.faults.kind import Kind, Struck
from fhir_seed.trial_audit.extended.ordinary_values import lowers
from fhir_seed.trial_audit.extended.records import Person, Setting
from fhir_seed.trial_audit.render import labs
from tasks.trial_audit import DOSE_LEVELS


def _wrong_doses(person: Person, setting: Setting) -> list[tuple[int, int]]:
    """(place of a cycle, level that would be wrong): one level too high, or one too low."""
    cycles = person.course.cycles
    too_high = [(i, cycle.level - 1) for i, cycle in enumerate(cycles) if cycle.level]
    too_low = [(i, c.level + 1) for i, c in enumerate(cycles) if i and c.level + 1 < len(DOSE_LEVELS)]
    return too_high or too_low


def _fits(person: Person, setting: Setting) -> bool:
    return bool(_wrong_doses(person, setting)) and not any("rounded" in family for _, family in person.looks)


def _strike(person: Person, setting: Setting) -> Struck:
    """Any of the reasons for as many lowerings as the rule's level has show it."""
    place, level = setting.stream.choice(_wrong_doses(person, setting))
    cycle = person.course.cycles[place]
    wrong = replace(cycle, dose=setting.rules.dose * DOSE_LEVELS[level] // 100)
    lowerings = [found for one in range(1, place + 1) if (found := _reasons(person, one))]
    given = f"MedicationAdministration/{cycle.administration}"
    shown = [[given, *one] for chosen in combinations(lowerings, cycle.level) for one in product(*chosen)]
    return person.with_cycle(wrong), shown


def _reasons(person: Person, place: int) -> list[str]:
    """What lowers the dose of that cycle."""
    before, cycle = person.course.cycles[place - 1 : place + 1]
    rows = [cycle.result(lab) for lab in (labs.NEUTROPHILS, labs.PLATELETS)]
    since = [e for e in person.course.events if e.administration == before.administration and e.day < cycle.day]
    events = [f"AdverseEvent/{e.id}" for e in since if e.severity == "severe"]
    return [f"Observation/{row.id}" for row in rows if row and lowers(row)] + events


DOSE_MODIFICATION_ERROR = Kind(_fits, _strike)
