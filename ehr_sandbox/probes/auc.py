"""How well numbers tell a label: rank AUC, over all rows or inside groups, and what chance alone gives."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Groups = NDArray[Any]
"""Which world a row is of."""


def midranks(matrix: Numbers) -> Numbers:
    """Ranks 1..n per column, equal values share their mean rank. matrix: (n, features)."""
    n, width = matrix.shape
    ranks = np.empty_like(matrix, dtype=float)
    for j in range(width):
        _, inverse, counts = np.unique(matrix[:, j], return_inverse=True, return_counts=True)
        ends = np.cumsum(counts)
        ranks[:, j] = (ends - (counts - 1) / 2)[inverse.reshape(n)]
    return ranks


def aucs(matrix: Numbers, labels: Flags, groups: Groups | None = None) -> Numbers:
    """Per column: how often a positive row lies above a negative one of its group (ties half). labels: (n,)."""
    groups = np.zeros(len(labels)) if groups is None else groups
    found: Numbers = aucs_of_ranks(ranks_in_groups(matrix, groups), labels[None, :], groups)[0]
    return found


def auc(scores: Numbers, labels: Flags, groups: Groups | None = None) -> float:
    return float(aucs(scores[:, None], labels, groups)[0])


def ranks_in_groups(matrix: Numbers, groups: Groups) -> Numbers:
    """`midranks` of each group's rows apart."""
    out = np.empty_like(matrix, dtype=float)
    for group in np.unique(groups):
        rows = groups == group
        out[rows] = midranks(matrix[rows])
    return out


def aucs_of_ranks(ranks: Numbers, labels: Flags, groups: Groups) -> Numbers:
    """labels: (trials, n), each trial with as many positives in each group. -> (trials, features)"""
    pairs, least = _pairs(labels[0], groups)
    if not pairs:
        raise ValueError("an AUC needs both labels in a group")
    return np.asarray((labels.astype(float) @ ranks - least) / pairs)


def _pairs(labels: Flags, groups: Groups) -> tuple[float, float]:
    """Pairs of a positive and a negative row in one group, and the least possible sum of positive ranks."""
    _, number = np.unique(groups, return_inverse=True)
    positive = np.bincount(number, labels)
    negative = np.bincount(number, ~labels)
    return float((positive * negative).sum()), float((positive * (positive + 1) / 2).sum())


def telling(columns: Numbers) -> Flags:
    """Columns that are not constant."""
    return np.asarray(columns.max(axis=0) > columns.min(axis=0))


def chance_error(labels: Flags, groups: Groups | None = None) -> float:
    """Standard deviation of an AUC that knows nothing (without ties)."""
    _, number = np.unique(np.zeros(len(labels)) if groups is None else groups, return_inverse=True)
    positive, negative = np.bincount(number, labels), np.bincount(number, ~labels)
    variance = (positive * negative * (positive + negative + 1) / 12).sum()
    return float(np.sqrt(variance) / (positive * negative).sum())
