"""Who is compared with whom: subjects with an item of a kind, against others who meet what the rule itself demands (a
temporal item a death, an override Stage IV and an index over the threshold); else a probe would measure the protocol.

Kinds are drawn in the order of KINDS and who has one is passed over by the next, so the others are those who were still
free: without an item, or with one of a later kind. Subjects with two items are left out: their rate is the design's.
The further types of an extended protocol come after all of KINDS, and the plan says among whom each was drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import PCG64
from numpy.typing import NDArray

from ehr_sandbox.probes.auc import Flags, Numbers, telling

ANYONE = "anyone"
DEAD = "dead"
WITHOUT_EXTENSION = "without extension"

MISSING = "missing"
KINDS: Mapping[str, tuple[frozenset[str], str]] = {
    "override": (frozenset({"override"}), WITHOUT_EXTENSION),
    "temporal": (frozenset({"death_before_treatment"}), DEAD),
    "window": (frozenset({"window"}), ANYONE),
    MISSING: (frozenset({"missing"}), ANYONE),
    "age": (frozenset({"out_of_range", "impossible"}), ANYONE),
}
"""Kinds of items as drawn, and whom they are compared with."""
OTHERS = 10
"""Without an item, for each with one: more would cost time and tell little more."""


@dataclass(frozen=True, slots=True)
class Person:
    """One enrolled subject. kinds: of its items; meets: what it meets besides ANYONE, kinds of items among it."""

    name: str
    kinds: tuple[str, ...]
    meets: frozenset[str]


@dataclass(frozen=True)
class Population:
    """One row per subject; columns are ranks inside the subject's world."""

    names: Sequence[str]
    matrix: Numbers
    labels: Flags
    worlds: NDArray[Any]


def chosen(kind: str, people: Sequence[Person]) -> list[tuple[str, bool]]:
    """(name, has an item of this kind) of those who are compared. kind: of KINDS, or any other that a truth has."""
    if kind not in KINDS:
        return [(person.name, kind in person.kinds) for person in people if kind in person.meets]
    kinds, demand = KINDS[kind]
    taken = frozenset[str]().union(*(KINDS[k][0] for k in list(KINDS)[: list(KINDS).index(kind) + 1]))
    rows = []
    for person in people:
        has_item = len(person.kinds) == 1 and person.kinds[0] in kinds
        free = not person.kinds or (len(person.kinds) == 1 and person.kinds[0] not in taken)
        if (demand == ANYONE or demand in person.meets) and (has_item or free):
            rows.append((person.name, has_item))
    return rows


def thinned(rows: list[tuple[str, bool]], words: PCG64, others: int = OTHERS) -> list[tuple[str, bool]]:
    """All with an item and, for each, so many without."""
    some = [row for row in rows if row[1]]
    rest = [row for row in rows if not row[1]]
    kept = np.argsort(words.random_raw(len(rest)))[: others * len(some)].tolist() if rest else []
    return [*some, *(rest[i] for i in kept)]


def distinct(names: Sequence[str], matrix: Numbers) -> tuple[list[str], Numbers]:
    """Without constant columns, and one of those that are alike."""
    kept: dict[bytes, int] = {}
    for j in np.flatnonzero(telling(matrix)).tolist():
        kept.setdefault(np.ascontiguousarray(matrix[:, j]).tobytes(), j)
    columns = sorted(kept.values())
    return [names[j] for j in columns], matrix[:, columns]
