"""Shape does not predict the label: records of faulty and ordinary subjects look alike (leak channel 4)."""

from collections.abc import Callable
from functools import cache

import pytest

from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.plan import SubjectPlan
from tasks.trial_audit import VARIANTS

Shape = Callable[[SubjectPlan], bool]


@cache
def subjects() -> tuple[list[SubjectPlan], list[SubjectPlan]]:
    """Faulty, ordinary."""
    faulty, ordinary = [], []
    for seed in range(80):
        plan = plan_world(seed.to_bytes(32, "big"), VARIANTS["medium"])
        wrong = {i.subject for i in plan.truth.items}
        traps = {t.subject for t in plan.truth.traps}
        for s in plan.subjects:
            name = f"ResearchSubject/{s.subject_id}"
            if s.enrolment and name not in traps:
                (faulty if name in wrong else ordinary).append(s)
    return faulty, ordinary


SHAPES: dict[str, Shape] = {
    "second stage row": lambda s: len(s.stage_rows) > 1,
    "stage row in error": lambda s: any(r.status == "entered-in-error" for r in s.stage_rows),
    "second index row": lambda s: len(s.index_rows) > 1,
    "dose not given": lambda s: any(a.status != "completed" for a in s.administrations),
    "duplicate": lambda s: s.duplicate is not None,
    "enrolment as a date": lambda s: bool(s.enrolment and s.enrolment.written_offset is None),
    "a dose in UTC": lambda s: any(a.effective.written_offset == 0 for a in s.administrations),
    "treatment arm": lambda s: s.arm == "treatment",
    "male": lambda s: s.sex == "male",
}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_faulty_and_ordinary_records_look_alike(name: str) -> None:
    assert_alike(SHAPES[name], *subjects())


@pytest.mark.parametrize(
    "shape",
    [
        lambda s: s.fatal_event is not None,
        lambda s: s.deceased is not None,
        lambda s: s.deceased is not None and s.deceased.written_offset is None,
        lambda s: sum(a.status == "completed" for a in s.administrations) >= 5,
    ],
    ids=["in an event", "in the Patient", "as a date", "five doses or more"],
)
def test_deaths_are_recorded_alike(shape: Shape) -> None:
    faulty, ordinary = subjects()
    wrong = [s for s in faulty if dead(s) and died_early(s)]
    assert_alike(shape, wrong, [s for s in ordinary if dead(s)])


def test_a_third_of_the_dead_are_not_dead_in_their_patient() -> None:
    faulty, ordinary = subjects()
    died = [s for s in (*faulty, *ordinary) if dead(s)]
    assert 0.3 < sum(s.deceased is None for s in died) / len(died) < 0.36


def dead(s: SubjectPlan) -> bool:
    return s.deceased is not None or s.fatal_event is not None


def died_early(s: SubjectPlan) -> bool:
    started = min(a.effective.day for a in s.administrations if a.status == "completed")
    return min(m.day for m in (s.deceased, s.fatal_event.date if s.fatal_event else None) if m) < started


def assert_alike(shape: Shape, some: list[SubjectPlan], others: list[SubjectPlan]) -> None:
    """Within four standard errors of the smaller group."""
    p, q = (sum(map(shape, group)) / len(group) for group in (some, others))
    assert abs(p - q) < 4 * (max(q, 0.01) * (1 - q) / len(some)) ** 0.5
