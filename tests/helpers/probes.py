"""How well numbers tell a label: rank AUC of single features and of their products, chance by permutation, and a small
boosted model. Everything is deterministic, so a test that uses it passes or fails for good.
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
_BINS = 12
_ROUNDS = 60
_RATE = 0.15
_RIDGE = 2.0
_FEWEST = 8
"""Rows that a leaf must hold."""


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
    return _aucs_of_ranks(_ranks_in_groups(matrix, groups), labels[None, :], groups)[0]


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
    labels = [*names, *(f"{names[i]} x {names[j]}" for i, j in zip(left, right, strict=True))]
    return labels, np.hstack([matrix, products])


def ranked_within(matrix: Numbers, groups: Groups) -> Numbers:
    """Each column as ranks in (0, 1) inside its group (a world): what one who sees the whole world can compare."""
    sizes = np.bincount(np.unique(groups, return_inverse=True)[1])[np.unique(groups, return_inverse=True)[1]]
    return np.asarray((_ranks_in_groups(matrix, groups) - 0.5) / sizes[:, None])


def telling(columns: Numbers) -> Flags:
    """Columns that are not constant."""
    return np.asarray(columns.max(axis=0) > columns.min(axis=0))


def boosted_scores(train: Numbers, labels: Flags, test: Numbers) -> Numbers:
    """Log-odds of the test rows by gradient-boosted trees of two levels (logistic loss, binned columns)."""
    edges = [np.unique(np.quantile(train[:, j], np.arange(1, _BINS) / _BINS)) for j in range(train.shape[1])]
    seen, unseen = _binned(train, edges), _binned(test, edges)
    rate = labels.mean()
    score = np.full(len(train), np.log(rate / (1 - rate)))
    out = np.full(len(test), score[0])
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-score))
        residual, weight = labels - p, p * (1 - p)
        tree = _grow(seen, residual, weight, np.ones(len(train), dtype=bool), depth=2)
        score += _RATE * _apply(tree, seen)
        out += _RATE * _apply(tree, unseen)
    return out


Tree = float | tuple[int, int, "Tree", "Tree"]
"""A leaf's value, or (column, bin, rows at or below, rows above)."""


def _binned(matrix: Numbers, edges: list[Numbers]) -> NDArray[np.int64]:
    columns = [np.searchsorted(edge, matrix[:, j], side="left") for j, edge in enumerate(edges)]
    return np.stack(columns, axis=1)


def _grow(bins: NDArray[np.int64], residual: Numbers, weight: Numbers, rows: Flags, depth: int) -> Tree:
    value = float(residual[rows].sum() / (weight[rows].sum() + _RIDGE))
    split = _best_split(bins[rows], residual[rows], weight[rows]) if depth else None
    if split is None:
        return value
    column, at = split
    below = rows & (bins[:, column] <= at)
    above = rows & ~below
    return (
        column,
        at,
        _grow(bins, residual, weight, below, depth - 1),
        _grow(bins, residual, weight, above, depth - 1),
    )


def _best_split(bins: NDArray[np.int64], residual: Numbers, weight: Numbers) -> tuple[int, int] | None:
    n, width = bins.shape
    flat = (bins + np.arange(width) * _BINS).ravel()
    sums = [
        np.bincount(flat, np.repeat(values, width), width * _BINS).reshape(width, _BINS).cumsum(axis=1)
        for values in (residual, weight, np.ones(n))
    ]
    gain = np.zeros((width, _BINS))
    for side in (lambda s: s, lambda s: s[:, -1:] - s):
        g, h, _ = (side(s) for s in sums)
        gain += g * g / (h + _RIDGE)
    count = sums[2]
    gain[(count < _FEWEST) | (count > n - _FEWEST)] = -np.inf
    if not np.isfinite(gain).any():
        return None
    column, at = np.unravel_index(int(gain.argmax()), gain.shape)
    return int(column), int(at)


def _apply(tree: Tree, bins: NDArray[np.int64]) -> Numbers:
    if isinstance(tree, float):
        return np.full(len(bins), tree)
    column, at, below, above = tree
    return np.where(bins[:, column] <= at, _apply(below, bins), _apply(above, bins))


def held_out_auc(
    matrix: Numbers, labels: Flags, groups: Groups, *, fold: Groups | None = None, folds: int = 3
) -> float:
    """AUC inside groups (worlds) of the boosted model, each fold scored by one that was not trained on it.

    fold: 0..folds-1 per row; by default whole groups in turn.
    """
    fold = np.unique(groups, return_inverse=True)[1].reshape(len(groups)) % folds if fold is None else fold
    kept = matrix[:, telling(matrix)]
    scores = np.empty(len(labels))
    for held in range(folds):
        test = fold == held
        scores[test] = midranks(boosted_scores(kept[~test], labels[~test], kept[test])[:, None])[:, 0] / test.sum()
    return auc(scores, labels, groups)


def chance_error(labels: Flags, groups: Groups | None = None) -> float:
    """Standard deviation of an AUC that knows nothing (without ties)."""
    _, number = np.unique(np.zeros(len(labels)) if groups is None else groups, return_inverse=True)
    positive, negative = np.bincount(number, labels), np.bincount(number, ~labels)
    variance = (positive * negative * (positive + negative + 1) / 12).sum()
    return float(np.sqrt(variance) / (positive * negative).sum())
