"""Do the finished charts tell who has an item? A boosted model on features that need no understanding, by kind."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.random import PCG64
from numpy.typing import NDArray

from ehr_sandbox.probes.asked import asked_of_model
from ehr_sandbox.probes.figure import ProbeFigure
from ehr_sandbox.probes.populations import KINDS, Population, chosen, distinct, thinned
from ehr_sandbox.probes.view import WorldView

VALUES = "last value "
"""Features that are content, not metadata."""
_OF_THE_ERROR: Mapping[str, frozenset[str]] = {"window": frozenset({"first date DocumentReference 11506-3"})}
"""By kind of item, features that are the error itself and no trace of it. The note of the first treatment is dated like
the treatment: next to any day of screening it says how late that was, and a sum of trees sees the difference.
"""
_OTHERS = 4
FEWEST_ITEMS = 20
_MIDDLE = 128
"""The rank of a column that is constant in a world."""


def label_probes(views: Sequence[WorldView]) -> list[ProbeFigure]:
    """One figure per kind of item, in the order of KINDS and then by name; kinds with too few items are left out."""
    known = frozenset[str]().union(*(kinds for kinds, _ in KINDS.values()))
    others = sorted({kind for view in views for person in view.people() for kind in person.kinds} - known)
    figures = []
    for kind in (*KINDS, *others):
        asked = label_population(kind, views)
        if asked.labels.sum() < FEWEST_ITEMS:
            continue
        figures.append(asked_of_model(f"items of kind {kind}", asked.matrix, asked.labels, asked.worlds))
    return figures


def label_population(kind: str, views: Sequence[WorldView]) -> Population:
    """Metadata of those who are compared; rows are thinned."""
    names, columns = merged_columns(views, without=_OF_THE_ERROR.get(kind, frozenset()))
    words = PCG64(4)
    blocks, labels, worlds = [], [], []
    for number, view in enumerate(views):
        rows = thinned(chosen(kind, view.people()), words, _OTHERS)
        blocks.append(wide(view, columns, [int(row) for row, _ in rows]))
        labels += [has_item for _, has_item in rows]
        worlds += [number] * len(rows)
    matrix = np.concatenate(blocks).astype(float)
    if not labels:
        return Population(names, matrix, np.zeros(0, dtype=bool), np.zeros(0))
    return Population(*distinct(names, matrix), np.array(labels), np.array(worlds))


def merged_columns(
    views: Sequence[WorldView], *, without: frozenset[str] = frozenset()
) -> tuple[list[str], dict[str, int]]:
    """The names of metadata columns over several worlds, sorted, and where each is."""
    found = {name for view in views for name in view.names if not name.startswith(VALUES)}
    names = sorted(found - without)
    return names, {name: number for number, name in enumerate(names)}


def wide(view: WorldView, columns: dict[str, int], rows: Sequence[int]) -> NDArray[np.uint8]:
    """(rows, columns) of one world; a column that it does not have is in the middle for all."""
    out = np.full((len(rows), len(columns)), _MIDDLE, dtype=np.uint8)
    own = [(columns[name], j) for j, name in enumerate(view.names) if name in columns]
    if rows and own:
        there, here = (np.array(side) for side in zip(*own, strict=True))
        out[:, there] = view.ranks[np.array(rows)][:, here]
    return out
