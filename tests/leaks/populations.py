"""Who is compared with whom: subjects with an item of a kind, against others who meet what the rule itself demands (a
temporal item a death, an override Stage IV and an index over the threshold); else a probe would measure the protocol.

Kinds are drawn in the order of KINDS and who has one is passed over by the next, so the others are those who were still
free: without an item, or with one of a later kind. Subjects with two items are left out: their rate is the design's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import PCG64
from numpy.typing import NDArray

from fhir_seed.trial_audit.plan import SubjectPlan, WorldPlan
from tasks.trial_audit import Protocol
from tests.helpers.probes import Flags, Numbers, ranked_within, telling
from tests.leaks.chart_features import Features, table

Demand = Callable[[SubjectPlan, Protocol], bool]


def anyone(subject: SubjectPlan, protocol: Protocol) -> bool:
    return True


def is_dead(subject: SubjectPlan, protocol: Protocol) -> bool:
    return subject.deceased is not None or subject.fatal_event is not None


def has_no_extension(subject: SubjectPlan, protocol: Protocol) -> bool:
    return subject.stage == 4 and subject.index > (protocol.comorbidity_threshold or 0)


MISSING = "missing"
KINDS: Mapping[str, tuple[frozenset[str], Demand]] = {
    "override": (frozenset({"override"}), has_no_extension),
    "temporal": (frozenset({"death_before_treatment"}), is_dead),
    "window": (frozenset({"window"}), anyone),
    MISSING: (frozenset({"missing"}), anyone),
    "age": (frozenset({"out_of_range", "impossible"}), anyone),
}
"""Kinds of items as drawn, and whom they are compared with."""
OTHERS = 10
ABOUT_BIRTH = "birthday"
"""Features that a missing birth date takes away itself: flagging those is published, not bounded."""


def enrolled(plan: WorldPlan) -> list[SubjectPlan]:
    return [subject for subject in plan.subjects if subject.enrolment is not None]


def items_of(plan: WorldPlan) -> dict[str, list[str]]:
    """Kinds of items, by the id of the ResearchSubject."""
    found: dict[str, list[str]] = {}
    for item in plan.truth.items:
        found.setdefault(item.subject.removeprefix("ResearchSubject/"), []).append(item.kind)
    return found


@dataclass(frozen=True)
class Population:
    """One row per subject; columns are ranks inside the subject's world."""

    names: Sequence[str]
    matrix: Numbers
    labels: Flags
    worlds: NDArray[Any]


def population(kind: str, plans: Sequence[WorldPlan], features: Sequence[Mapping[str, Features]]) -> Population:
    """features: of each plan's subjects, by Patient reference."""
    rows: list[Features] = []
    labels, worlds = [], []
    words = PCG64(4)
    for number, (plan, found) in enumerate(zip(plans, features, strict=True)):
        for person, has_item in _thinned(_chosen(kind, plan), words):
            rows.append({name: v for name, v in found[person].items() if kind != MISSING or ABOUT_BIRTH not in name})
            labels.append(has_item)
            worlds.append(number)
    names, matrix = table(rows)
    groups = np.array(worlds)
    return Population(*_distinct(names, ranked_within(matrix, groups)), np.array(labels), groups)


def _chosen(kind: str, plan: WorldPlan) -> list[tuple[str, bool]]:
    kinds, demand = KINDS[kind]
    later = frozenset[str]().union(*(KINDS[k][0] for k in list(KINDS)[list(KINDS).index(kind) + 1 :]))
    items = items_of(plan)
    chosen = []
    for subject in enrolled(plan):
        own = items.get(subject.subject_id, [])
        has_item = len(own) == 1 and own[0] in kinds
        free = not own or (len(own) == 1 and own[0] in later)
        if demand(subject, plan.protocol) and (has_item or free):
            chosen.append((f"Patient/{subject.patient_id}", has_item))
    return chosen


def _thinned(chosen: list[tuple[str, bool]], words: PCG64) -> list[tuple[str, bool]]:
    """All with an item and, for each, OTHERS without: more would cost time and tell little more."""
    some = [row for row in chosen if row[1]]
    rest = [row for row in chosen if not row[1]]
    kept = np.argsort(words.random_raw(len(rest)))[: OTHERS * len(some)] if rest else []
    return [*some, *(rest[i] for i in kept)]


def _distinct(names: Sequence[str], matrix: Numbers) -> tuple[list[str], Numbers]:
    """Without constant columns, and one of those that are alike."""
    kept: dict[bytes, int] = {}
    for j in np.flatnonzero(telling(matrix)):
        kept.setdefault(np.ascontiguousarray(matrix[:, j]).tobytes(), int(j))
    columns = sorted(kept.values())
    return [names[j] for j in columns], matrix[:, columns]
