"""An error of clause 8.11: a weight in one unit under the name of another."""

from dataclasses import replace

from fhir_seed.trial_audit.extended.faults.kind import Kind, Struck
from fhir_seed.trial_audit.extended.records import Person, Setting
from fhir_seed.trial_audit.render.pounds import in_pounds


def _fits(person: Person, setting: Setting) -> bool:
    return bool(person.course.cycles)


def _strike(person: Person, setting: Setting) -> Struck:
    """The number is of one unit, the unit another."""
    cycle = setting.stream.choice(person.course.cycles)
    seen = cycle.weight
    shown = seen.weight if seen.unit != "kg" else in_pounds(seen.weight)
    person = person.with_cycle(replace(cycle, weight=replace(seen, shown=shown)))
    return person, [[f"Observation/{seen.id}", f"Observation/{person.course.vitals.ids[0]}"]]


UNIT_OR_PLAUSIBILITY_ERROR = Kind(_fits, _strike)
