"""How well numbers tell a label: rank AUC of single features and of their products, and chance by permutation.
Everything is deterministic, so a check that uses it passes or fails for good.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import PCG64
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Groups = NDArray[Any]
"""Which world a row is of."""


@dataclass(frozen=True)
class Found:
    """The feature that tells most, and the chance (0..1) that the best of all of them would tell as much."""

    name: str
    auc: float
    chance: float
    tested: int
    expected: float
    """Distance from .5 of the best feature under permuted labels, on average."""

    def __str__(self) -> str:
        best = f"best of {self.tested}: {self.name} {self.auc:.3f}"
        return f"{best} (by chance +-{self.expected:.3f}, p = {self.chance:.3f})"


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
    found: Numbers = _aucs_of_ranks(_ranks_in_groups(matrix, groups), labels[None, :], groups)[0]
    return found


def auc(scores: Numbers, labels: Flags, groups: Groups | None = None) -> float:
    return float(aucs(scores[:, None], labels, groups)[0])


def _ranks_in_groups(matrix: Numbers, groups: Groups) -> Numbers:
    out = np.empty_like(matrix, dtype=float)
    for group in np.unique(groups):
        rows = groups == group
        out[rows] = midranks(matrix[rows])
    return out


def _aucs_of_ranks(ranks: Numbers, labels: Flags, groups: Groups) -> Numbers:
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


def best_feature(
    names: Sequence[str], matrix: Numbers, labels: Flags, groups: Groups | None = None, *, trials: int = 200
) -> Found:
    """The most telling column against the best column under `trials` permuted labels (within groups, if given)."""
    groups = np.zeros(len(labels)) if groups is None else groups
    ranks = _ranks_in_groups(matrix, groups)
    shuffled = np.stack(list(_permutations(labels, groups, trials)))
    distance = np.abs(_aucs_of_ranks(ranks, shuffled, groups) - 0.5).max(axis=1)
    real = _aucs_of_ranks(ranks, labels[None, :], groups)[0]
    best = int(np.abs(real - 0.5).argmax())
    beaten = int((distance >= abs(real[best] - 0.5)).sum())
    return Found(names[best], float(real[best]), (1 + beaten) / (1 + trials), len(names), float(distance.mean()))


def _permutations(labels: Flags, groups: Groups, trials: int) -> Iterator[Flags]:
    words = PCG64(20)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    for _ in range(trials):
        out = labels.copy()
        for rows in members:
            out[rows] = labels[rows][np.argsort(words.random_raw(len(rows)))]
        yield out


def with_products(names: Sequence[str], matrix: Numbers) -> tuple[list[str], Numbers]:
    """The columns and every product of two centred ones: an exclusive or of two halves shows in their product."""
    spread = matrix.std(axis=0)
    centred = (matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    left, right = np.triu_indices(len(names), k=1)
    products = centred[:, left] * centred[:, right]
    labels = [*names, *(f"{names[i]} x {names[j]}" for i, j in zip(left.tolist(), right.tolist(), strict=True))]
    return labels, np.hstack([matrix, products])


def ranked_within(matrix: Numbers, groups: Groups) -> Numbers:
    """Each column as ranks in (0, 1) inside its group (a world): what one who sees the whole world can compare."""
    number = np.unique(groups, return_inverse=True)[1].reshape(len(groups))
    return np.asarray((_ranks_in_groups(matrix, groups) - 0.5) / np.bincount(number)[number][:, None])


def telling(columns: Numbers) -> Flags:
    """Columns that are not constant."""
    return np.asarray(columns.max(axis=0) > columns.min(axis=0))


def chance_error(labels: Flags, groups: Groups | None = None) -> float:
    """Standard deviation of an AUC that knows nothing (without ties)."""
    _, number = np.unique(np.zeros(len(labels)) if groups is None else groups, return_inverse=True)
    positive, negative = np.bincount(number, labels), np.bincount(number, ~labels)
    variance = (positive * negative * (positive + negative + 1) / 12).sum()
    return float(np.sqrt(variance) / (positive * negative).sum())
