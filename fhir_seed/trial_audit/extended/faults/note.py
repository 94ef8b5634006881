"""An error of clause 8.10: a note says another performance status than the result."""

from dataclasses import replace

from fhir_seed.trial_audit.extended.faults.kind import Kind, Struck
from fhir_seed.trial_audit.extended.records import Person, Setting
from fhir_seed.trial_audit.render.person import has_note


def _fits(person: Person, setting: Setting) -> bool:
    return True


def _strike(person: Person, setting: Setting) -> Struck:
    """The note of screening, or of a visit at which the status was assessed anew, says another one."""
    course, stream = person.course, setting.stream
    noted = [c for c in course.cycles if c.performance and has_note(c)]
    cycle = stream.choice(noted) if noted and stream.chance(500) else None
    seen = cycle.performance if cycle and cycle.performance else course.performance
    other = seen.score + 1 if seen.score == 0 or stream.chance(500) else seen.score - 1
    wrong = replace(seen, noted=other)
    person = person.with_cycle(replace(cycle, performance=wrong)) if cycle else person.with_course(performance=wrong)
    return person, [[f"DocumentReference/{seen.note}", f"Observation/{seen.id}"]]


NOTE_STRUCTURED_MISMATCH = Kind(_fits, _strike)
