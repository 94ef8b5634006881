"""The feature, or product of two, that tells a label best, and how often chance gives as much, by permutation.

Everything is deterministic, so a check that uses it passes or fails for good.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import PCG64

from ehr_sandbox.probes.auc import Flags, Groups, Numbers, aucs_of_ranks, ranks_in_groups


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


def best_feature(
    names: Sequence[str], matrix: Numbers, labels: Flags, groups: Groups | None = None, *, trials: int = 200
) -> Found:
    """The most telling column against the best column under `trials` permuted labels (within groups, if given)."""
    groups = np.zeros(len(labels)) if groups is None else groups
    ranks = ranks_in_groups(matrix, groups)
    shuffled = np.stack(list(_permutations(labels, groups, trials)))
    distance = np.abs(aucs_of_ranks(ranks, shuffled, groups) - 0.5).max(axis=1)
    real = aucs_of_ranks(ranks, labels[None, :], groups)[0]
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
    return np.asarray((ranks_in_groups(matrix, groups) - 0.5) / np.bincount(number)[number][:, None])
