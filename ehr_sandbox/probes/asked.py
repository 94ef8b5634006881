"""What a boosted model finds, as a figure with its bound.

The error of a Mann-Whitney statistic is that of one fixed score. A fitted model's scores of like rows err together, so
an AUC that is outside by that error is held against the model's own: what it finds when labels are shuffled inside
worlds.
"""

import numpy as np
from numpy.random import PCG64

from ehr_sandbox.probes.auc import Flags, Groups, Numbers, chance_error
from ehr_sandbox.probes.boosted import held_out_auc
from ehr_sandbox.probes.figure import BOUND, ProbeFigure

_SHUFFLES = 24


def asked_of_model(
    name: str, matrix: Numbers, labels: Flags, groups: Groups, *, fold: Groups | None = None
) -> ProbeFigure:
    """labels: what is asked; groups: worlds, inside which rows are compared; fold: as for `held_out_auc`."""
    found = held_out_auc(matrix, labels, groups, fold=fold)
    error = chance_error(labels, groups)
    if abs(found - 0.5) > max(BOUND, 3 * error):
        error = max(error, shuffled_error(matrix, labels, groups, fold=fold))
    return ProbeFigure(
        name=name,
        auc=round(found, 4),
        error=round(error, 4),
        bound=round(max(BOUND, 3 * error), 4),
        count=int(labels.sum()),
        rows=len(labels),
    )


def shuffled_error(matrix: Numbers, labels: Flags, groups: Groups, *, fold: Groups | None = None) -> float:
    """Standard deviation of the model's AUC over labels that are shuffled inside groups."""
    words = PCG64(5)
    found = []
    for _ in range(_SHUFFLES):
        shuffled = labels.copy()
        for group in np.unique(groups):
            rows = np.flatnonzero(groups == group)
            shuffled[rows] = labels[rows[np.argsort(words.random_raw(len(rows)))]]
        found.append(held_out_auc(matrix, shuffled, groups, fold=fold))
    return float(np.std(found, ddof=1))
