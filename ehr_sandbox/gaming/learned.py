"""Cheats that learn from the truth of other indices what unread features say: the generator is public, so they can.

One third of the worlds fits a model, another turns its scores into probabilities, the last is played. A right claim at
its probability q pays q * q of its weight, so of the honest claims the best come first; but a loss of the whole is cut
off at 0, and so a few claims at more than their probability can pay more: the ways to play are compared.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.random import PCG64
from numpy.typing import NDArray

from ehr_sandbox.gaming.answer import Claim
from ehr_sandbox.probes import WorldView
from ehr_sandbox.probes.boosted import fit_boosted
from ehr_sandbox.probes.labels import merged_columns, wide
from ehr_sandbox.probes.view import WORDS
from tasks.trial_audit import TYPE_WEIGHTS

Scorer = Callable[[Sequence[WorldView]], list[NDArray[np.float64]]]
"""For each world a number per row: the higher, the more an item of one type is expected."""
Fit = Callable[[Sequence[WorldView], str], Scorer | None]
"""From worlds and a type; None: nothing can be learned."""

_QUANTILES = np.array([0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995])
_PRIOR = 20.0
"""Rows at the base rate that each bin is given: a bin of few rows proves little."""
_DEATH = ("deceased", "fatal")
_OTHERS = 4
_SIGNIFICANT = 3.0
"""Standard deviations."""
_FEWEST = 10
_GAMBLES = tuple(product((1, 2, 3, 5), (0.5, 1.0)))
"""How many claims, and at what confidence."""
_MOST_WORLDS = 80
"""To fit, and to calibrate: more would cost time and change little."""


@dataclass(frozen=True)
class Rates:
    """Probability of an item by bin of the score. edges: between bins."""

    scorer: Scorer
    edges: NDArray[np.float64]
    rates: NDArray[np.float64]

    def of(self, views: Sequence[WorldView]) -> list[NDArray[np.float64]]:
        return [self.rates[np.searchsorted(self.edges, scores, side="right")] for scores in self.scorer(views)]


def learn(fit: Fit, worlds: Sequence[WorldView], others: Sequence[WorldView]) -> dict[str, Rates]:
    """By type. worlds: fitted on; others: calibrated on."""
    learned = {}
    for type_ in sorted(worlds[0].counts):
        scorer = fit(worlds[:_MOST_WORLDS], type_)
        if scorer is not None:
            learned[type_] = calibrate(scorer, others[:_MOST_WORLDS], type_)
    return learned


def calibrate(scorer: Scorer, worlds: Sequence[WorldView], type_: str) -> Rates:
    scores = np.concatenate(scorer(worlds))
    labels = np.concatenate([labels_of(view, type_) for view in worlds])
    edges = np.unique(np.quantile(scores, _QUANTILES))
    bins = np.searchsorted(edges, scores, side="right")
    found = np.bincount(bins, labels, len(edges) + 1)
    sizes = np.bincount(bins, minlength=len(edges) + 1)
    return Rates(scorer, edges, (found + _PRIOR * labels.mean()) / (sizes + _PRIOR))


def best_claims(learned: Mapping[str, Rates], views: Sequence[WorldView], actions: int) -> list[tuple[Claim, ...]]:
    """For each world, at their probabilities, those that pay most first."""
    chances = {type_: rates.of(views) for type_, rates in learned.items()}
    return [_best({type_: found[number] for type_, found in chances.items()}, actions) for number in range(len(views))]


def _best(found: Mapping[str, NDArray[np.float64]], actions: int) -> tuple[Claim, ...]:
    """found: a probability per row, by type."""
    ranked = []
    for type_, chances in found.items():
        best = np.argsort(-chances, kind="stable")[:actions]
        ranked += [(-TYPE_WEIGHTS[type_] * chances[row] ** 2, int(row), type_, float(chances[row])) for row in best]
    ranked.sort()
    return tuple(Claim(row, type_, chance) for _, row, type_, chance in ranked[:actions])


def ways(claims: tuple[Claim, ...]) -> dict[str, tuple[Claim, ...]]:
    """What can be made of claims at their probabilities, by name: all of them so, none, or the likeliest few surer."""
    likely = sorted(claims, key=lambda c: (-TYPE_WEIGHTS[c.type] * c.confidence, c.row, c.type))
    gambles = {
        f"top {number} at {p}": tuple(replace(claim, confidence=p) for claim in likely[:number])
        for number, p in _GAMBLES
    }
    return {"honest": claims, "nothing": ()} | gambles


def labels_of(view: WorldView, type_: str) -> NDArray[np.bool_]:
    labels = np.zeros(len(view.subjects), dtype=bool)
    labels[[item.row for item in view.items if item.type == type_]] = True
    return labels


def by_columns(is_asked: Callable[[str], bool], *, common: bool = False) -> Fit:
    """A boosted model on the metadata columns with these names; common: only those that most subjects have alike.

    That a death is recorded is content: it is what a rule asks for, not how it is written.
    """

    def fit(worlds: Sequence[WorldView], type_: str) -> Scorer | None:
        names, columns = merged_columns(worlds)
        rare = _rare(worlds) if common else frozenset[str]()
        asked_names = [n for n in names if is_asked(n) and n not in rare and not any(word in n for word in _DEATH)]
        asked = np.array([columns[name] for name in asked_names], dtype=int)
        if not len(asked):
            return None
        matrix, labels = _thinned(worlds, columns, type_)
        if min(labels.sum(), (~labels).sum()) < _FEWEST:
            return None
        model = fit_boosted(matrix[:, asked], labels)

        def score(views: Sequence[WorldView]) -> list[NDArray[np.float64]]:
            rows = [wide(view, columns, range(len(view.subjects)))[:, asked] for view in views]
            return np.split(model.scores(np.concatenate(rows)), np.cumsum([len(own) for own in rows])[:-1])

        return score

    return fit


def _rare(worlds: Sequence[WorldView]) -> frozenset[str]:
    """Columns of which in some world fewer than half of the subjects have the most."""
    found = set()
    for view in worlds:
        has_most = (view.ranks == view.ranks.max(axis=0)).mean(axis=0)
        found |= {name for name, share in zip(view.names, has_most, strict=True) if share < 0.5}
    return frozenset(found)


def _thinned(
    worlds: Sequence[WorldView], columns: dict[str, int], type_: str
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """All rows with an item and, for each, some without."""
    words = PCG64(zlib.crc32(type_.encode()))
    blocks, labels = [], []
    for view in worlds:
        own = labels_of(view, type_)
        without = np.flatnonzero(~own)
        kept = without[np.argsort(words.random_raw(len(without)))][: _OTHERS * int(own.sum())]
        rows = np.concatenate([np.flatnonzero(own), kept]).astype(int)
        blocks.append(wide(view, columns, [int(row) for row in rows]))
        labels.append(own[rows])
    return np.concatenate(blocks), np.concatenate(labels)


def by_words(worlds: Sequence[WorldView], type_: str) -> Scorer | None:
    """Naive Bayes on those words of a subject's notes that go with an item more, or less, than chance would have it."""
    with_item, without = np.zeros(WORDS), np.zeros(WORDS)
    positive = negative = 0
    for view in worlds:
        of_word = np.repeat(labels_of(view, type_), np.diff(view.starts))
        with_item += np.bincount(view.words[of_word], minlength=WORDS)
        without += np.bincount(view.words[~of_word], minlength=WORDS)
        positive += int(labels_of(view, type_).sum())
        negative += len(view.subjects) - int(labels_of(view, type_).sum())
    if min(positive, negative) < _FEWEST:
        return None
    odds = np.log((with_item + 0.5) / (positive + 1)) - np.log((without + 0.5) / (negative + 1))
    expected = (with_item + without) * positive / (positive + negative)
    odds[np.abs(with_item - expected) < _SIGNIFICANT * np.sqrt(expected + 0.5)] = 0.0

    def score_one(view: WorldView) -> NDArray[np.float64]:
        sums = np.concatenate([[0.0], np.cumsum(odds[view.words])])
        return np.asarray(sums[view.starts[1:]] - sums[view.starts[:-1]])

    return lambda views: [score_one(view) for view in views]
