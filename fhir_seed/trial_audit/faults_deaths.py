"""When those died in fact whose recorded death is wrong: as others of their stage, so that treatment ends alike."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.faults_marks import UNMARKED, Marks
from fhir_seed.trial_audit.people import Profile


def with_true_deaths(stream: Stream, people: Sequence[Profile], marks: Mapping[int, Marks]) -> Mapping[int, Marks]:
    """A death recorded before the start gets the gap of a random one that is not, of the same stage if there is any.

    Without this no wrong death would be near the start or late on purpose, and the number of doses would say so.
    """
    gaps = {i: marks.get(i, UNMARKED).death_gap for i, person in enumerate(people) if person.dead}
    right = [i for i, gap in gaps.items() if gap is None or gap > 0]
    out = dict(marks)
    for i in sorted(gaps.keys() - set(right)):
        models = [j for j in right if people[j].stage == people[i].stage] or right
        if models:
            out[i] = replace(marks[i], true_gap=gaps[stream.choice(models)])
    return out
