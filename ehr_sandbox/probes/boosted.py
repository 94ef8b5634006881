"""A small gradient-boosted model (trees of two levels, logistic loss, binned columns), in numpy and deterministic."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import PCG64
from numpy.typing import NDArray

from ehr_sandbox.probes.auc import Flags, Groups, Numbers, auc, midranks, telling

_QUANTILES = np.arange(1, 12) / 12
_GAPS = 4
"""The widest ones between values, each of which is an edge too."""
_BINS = len(_QUANTILES) + _GAPS + 1
_ROUNDS = 60
_RATE = 0.15
_RIDGE = 2.0
_FEWEST = 8
"""Rows that a leaf must hold."""
_CELLS = 600_000
"""Rows times columns that one split may look at: of more columns each tree sees a random part."""

Tree = float | tuple[int, int, "Tree", "Tree"]
"""A leaf's value, or (column, bin, rows at or below, rows above)."""


@dataclass(frozen=True)
class Boosted:
    """A fitted model. edges: by column; first: the log-odds that every row starts from."""

    edges: tuple[Numbers, ...]
    first: float
    trees: tuple[Tree, ...]

    def scores(self, matrix: NDArray[Any]) -> Numbers:
        """Log-odds of rows."""
        asked = sorted({column for tree in self.trees for column in _columns(tree)})
        bins = {column: _bin(matrix[:, column], self.edges[column]) for column in asked}
        out = np.full(len(matrix), self.first)
        for tree in self.trees:
            out += _RATE * _apply(tree, bins, len(out))
        return out


def fit_boosted(train: NDArray[Any], labels: Flags) -> Boosted:
    """train: (rows, columns) of numbers; both labels must occur."""
    edges = tuple(_edges(train[:, j]) for j in range(train.shape[1]))
    bins = np.stack([_bin(train[:, j], edge) for j, edge in enumerate(edges)], axis=1)
    rate = float(labels.mean())
    first = float(np.log(rate / (1 - rate)))
    score = np.full(len(train), first)
    words = PCG64(len(labels))
    seen = max(8, _CELLS // max(1, len(train)))
    trees = []
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-score))
        columns = np.arange(train.shape[1])
        if len(columns) > seen:
            columns = np.sort(np.argsort(words.random_raw(len(columns)))[:seen])
        tree = _grow(bins, columns, labels - p, p * (1 - p), np.arange(len(train)), depth=2)
        score += _RATE * _apply(tree, bins.T, len(score))
        trees.append(tree)
    return Boosted(edges, first, tuple(trees))


def boosted_scores(train: Numbers, labels: Flags, test: Numbers) -> Numbers:
    """Log-odds of the test rows."""
    return fit_boosted(train, labels).scores(test)


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


def _edges(column: NDArray[Any]) -> Numbers:
    """Where a split may lie, each half way between two values: everywhere, if there are few values; else at quantiles,
    on both sides of a value that has several of them, and in the widest gaps. So rows that few values set apart,
    below or above the many that are alike, have a bin of their own.
    """
    values, counts = np.unique(column, return_counts=True)
    values = values.astype(float)
    if len(values) <= _BINS:
        return np.asarray((values[:-1] + values[1:]) / 2)
    at, times = np.unique(np.searchsorted(np.cumsum(counts), _QUANTILES * len(column)), return_counts=True)
    below = at[times > 1] - 1
    gaps = np.argsort(values[:-1] - values[1:], kind="stable")[:_GAPS]
    cuts = np.unique(np.concatenate([at, below, gaps]))
    cuts = cuts[(cuts >= 0) & (cuts < len(values) - 1)]
    return np.asarray((values[cuts] + values[cuts + 1]) / 2)


def _bin(column: NDArray[Any], edges: Numbers) -> NDArray[np.int64]:
    return np.searchsorted(edges, column, side="left")


def _grow(
    bins: NDArray[np.int64],
    columns: NDArray[np.int64],
    residual: Numbers,
    weight: Numbers,
    rows: NDArray[np.int64],
    depth: int,
) -> Tree:
    value = float(residual[rows].sum() / (weight[rows].sum() + _RIDGE))
    split = _best_split(bins[np.ix_(rows, columns)], residual[rows], weight[rows]) if depth else None
    if split is None:
        return value
    column, at = int(columns[split[0]]), split[1]
    below = bins[rows, column] <= at
    left = _grow(bins, columns, residual, weight, rows[below], depth - 1)
    right = _grow(bins, columns, residual, weight, rows[~below], depth - 1)
    return column, at, left, right


def _best_split(bins: NDArray[np.int64], residual: Numbers, weight: Numbers) -> tuple[int, int] | None:
    n, width = bins.shape
    flat = (bins + np.arange(width) * _BINS).ravel()
    sums = [
        np.bincount(flat, np.repeat(values, width), width * _BINS).reshape(width, _BINS).cumsum(axis=1)
        for values in (residual, weight, np.ones(n))
    ]
    residuals, weights, count = sums
    gain = residuals**2 / (weights + _RIDGE)
    gain += (residuals[:, -1:] - residuals) ** 2 / (weights[:, -1:] - weights + _RIDGE)
    gain[(count < _FEWEST) | (count > n - _FEWEST)] = -np.inf
    if not np.isfinite(gain).any():
        return None
    column, at = np.unravel_index(int(gain.argmax()), gain.shape)
    return int(column), int(at)


def _columns(tree: Tree) -> Iterator[int]:
    if not isinstance(tree, float):
        column, _, below, above = tree
        yield column
        yield from _columns(below)
        yield from _columns(above)


def _apply(tree: Tree, bins: Mapping[int, NDArray[np.int64]] | NDArray[np.int64], rows: int) -> Numbers:
    """bins: by column."""
    if isinstance(tree, float):
        return np.full(rows, tree)
    column, at, below, above = tree
    return np.where(bins[column] <= at, _apply(below, bins, rows), _apply(above, bins, rows))
