"""Do simple figures of the finished cohort tell its kind, or the stage pattern that with the shape gives the kind?

Leaks here are exclusive ors, so only a model that joins figures proves anything. Cohorts without a verdict are left
out: their margins settle it. The adjusted gap, which is the answer, must separate the kinds completely.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ehr_sandbox.probes.asked import asked_of_model
from ehr_sandbox.probes.auc import Flags, Numbers, auc
from ehr_sandbox.probes.chart_features import Features, table
from ehr_sandbox.probes.cohort_reader import read_cohort
from ehr_sandbox.probes.figure import ProbeFigure
from fhir_seed.trial_audit import Built
from tasks import Frozen

TARGETS: Mapping[str, tuple[str, str]] = {"kind": ("kind", "selection_bias"), "stage pattern": ("pattern", "late")}
FEWEST_COHORTS = 30
"""Cohorts with a verdict other than `none`."""
_FOLDS = 3


class CohortSeen(Frozen):
    """One cohort. features: of the finished resources; kind and pattern: as the planner drew them; over: adjusted gap
    above its threshold."""

    kind: str
    pattern: str
    over: float
    features: Features


def cohort_of(built: Built) -> CohortSeen | None:
    """None where the protocol has no equity clause."""
    equity, cohort = built.plan.protocol.equity, built.truth.cohort
    if equity is None or cohort is None:
        return None
    notes = built.plan.notes
    return CohortSeen(
        kind=notes["kind"],
        pattern=notes.get("pattern", ""),
        over=cohort.adjusted_gap - equity.gap / 100,
        features=read_cohort(built.world.resources, built.plan.protocol),
    )


def cohort_probes(seen: Sequence[CohortSeen]) -> list[ProbeFigure]:
    """Kind and pattern by a boosted model, and the kind by the adjusted gap; nothing for too few cohorts."""
    told = [one for one in seen if one.kind != "none"]
    if len(told) < FEWEST_COHORTS:
        return []
    _, matrix = table(one.features for one in told)
    figures = [_model(name, matrix, labels_of(told, name)) for name in TARGETS]
    by_gap = auc(np.array([one.over for one in told]), labels_of(told, "kind"))
    gap = ProbeFigure(
        name="kind of the cohort, by the adjusted gap",
        auc=by_gap,
        error=0.0,
        bound=0.0,
        count=int(labels_of(told, "kind").sum()),
        rows=len(told),
        expected=1.0,
    )
    return [*figures, gap]


def labels_of(told: Sequence[CohortSeen], target: str) -> Flags:
    name, value = TARGETS[target]
    return np.array([getattr(one, name) == value for one in told])


def _model(name: str, matrix: Numbers, labels: Flags) -> ProbeFigure:
    fold = np.arange(len(labels)) % _FOLDS
    return asked_of_model(f"{name} of the cohort", matrix, labels, np.zeros(len(labels)), fold=fold)
