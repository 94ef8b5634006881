"""The probe of cohorts reads finished resources as the planner meant them, and finds an exclusive or."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from ehr_sandbox.probes import CohortSeen, cohort_of, cohort_probes
from ehr_sandbox.probes.figure import ProbeFigure
from fhir_seed.trial_audit import Built, build
from tasks import PUBLIC_SALT, Address


@pytest.fixture(scope="module")
def hard() -> Built:
    return build(PUBLIC_SALT, Address(suite="trial_audit", variant="hard-clean", index=1))


def test_figures_of_the_resources_are_those_of_the_plan(hard: Built) -> None:
    seen, truth = cohort_of(hard), hard.truth.cohort
    assert seen is not None
    assert truth is not None
    arm = [s for s in hard.plan.subjects if s.arm == "control"]
    found = seen.features
    assert found["control share"] == pytest.approx(truth.dominance, abs=1e-6)
    assert found["control male"] == pytest.approx(truth.male, abs=1e-6)
    assert found["control gap"] == pytest.approx(truth.crude_gap, abs=1e-6)
    assert found["control deaths"] == sum(bool(s.deceased or s.fatal_event) for s in arm)
    sizes = Counter(s.stage for s in arm)
    assert [found[f"control size {stage}"] for stage in (1, 2, 3, 4)] == [sizes[stage] for stage in (1, 2, 3, 4)]
    assert found["control decoys"] > 0
    rows = sum(a.status == "completed" for s in arm for a in s.administrations)
    assert found["control rows MedicationAdministration completed"] >= rows / len(arm)
    assert (seen.kind, seen.pattern) == (hard.plan.notes["kind"], hard.plan.notes["pattern"])


def test_no_cohort_is_asked_without_an_equity_clause() -> None:
    assert cohort_of(build(PUBLIC_SALT, Address(suite="trial_audit", variant="tiny", index=0))) is None


@dataclass
class Words:
    """Numbers that no one can guess, the same in every run."""

    bits: np.random.PCG64

    def chance(self) -> float:
        return int(self.bits.random_raw()) / 2**64


def cohorts(number: int, *, leak: bool) -> list[CohortSeen]:
    """leak: one figure names the pattern, another the shape; neither names the kind, both together do."""
    words = Words(np.random.PCG64(1))
    found = []
    for _ in range(number):
        late, steep = words.chance() < 0.5, words.chance() < 0.5
        features = {f"noise {n}": words.chance() for n in range(20)}
        features |= {"decoys": float(late and leak), "deaths 3": float(steep)}
        kind = "confounded" if late == steep else "selection_bias"
        over = 0.1 if kind == "selection_bias" else -0.1
        found.append(CohortSeen(kind=kind, pattern="late" if late else "middle", over=over, features=features))
    return found


def outcome(figures: list[ProbeFigure]) -> dict[str, bool]:
    return {figure.name: figure.holds for figure in figures}


def test_cohorts_without_a_leak_hold() -> None:
    assert outcome(cohort_probes(cohorts(600, leak=False))) == {
        "kind of the cohort": True,
        "stage pattern of the cohort": True,
        "kind of the cohort, by the adjusted gap": True,
    }


def test_an_exclusive_or_is_found() -> None:
    assert outcome(cohort_probes(cohorts(600, leak=True))) == {
        "kind of the cohort": False,
        "stage pattern of the cohort": False,
        "kind of the cohort, by the adjusted gap": True,
    }


def test_a_gap_that_does_not_separate_is_found() -> None:
    spoilt = [one.model_copy(update={"over": 0.0}) for one in cohorts(600, leak=False)]
    assert not outcome(cohort_probes(spoilt))["kind of the cohort, by the adjusted gap"]


def test_too_few_cohorts_prove_nothing() -> None:
    assert cohort_probes(cohorts(10, leak=True)) == []
