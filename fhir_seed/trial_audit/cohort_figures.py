"""The four figures of the equity clause, exact, and the verdict they give."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol as Interface

from fhir_seed.trial_audit.plan import Arm, Group, Sex
from tasks import CohortTruth
from tasks.trial_audit import COHORT_WEIGHT, EquityThresholds

_FEWEST = 5


class Counted(Interface):
    """What the clause reads of one subject."""

    @property
    def arm(self) -> Arm | None: ...
    @property
    def group(self) -> Group: ...
    @property
    def sex(self) -> Sex: ...
    @property
    def stage(self) -> int: ...
    @property
    def dead(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Figures:
    dominance: Fraction
    male: Fraction
    crude_gap: Fraction
    adjusted_gap: Fraction


def figures(subjects: Sequence[Counted]) -> Figures:
    """Of the control arm; subjects without a recorded group are left out."""
    arm = [s for s in subjects if s.arm == "control" and s.group != "unknown"]
    sizes: dict[Group, int] = {}
    for s in arm:
        sizes[s.group] = sizes.get(s.group, 0) + 1
    dominant = max(sorted(sizes), key=lambda group: sizes[group])
    count: dict[tuple[bool, int], list[int]] = {
        (rest, stage): [0, 0] for rest in (False, True) for stage in range(1, 5)
    }
    for s in arm:
        cell = count[s.group != dominant, s.stage]
        cell[0] += 1
        cell[1] += s.dead
    return Figures(
        dominance=Fraction(sizes[dominant], len(arm)),
        male=Fraction(sum(s.sex == "male" for s in arm), len(arm)),
        crude_gap=_mortality(count, True) - _mortality(count, False),
        adjusted_gap=_adjusted(count),
    )


def verdict(found: Figures, equity: EquityThresholds) -> str:
    gap = Fraction(equity.gap, 100)
    if found.dominance * 100 < equity.dominance or found.male * 100 < equity.male or found.crude_gap < gap:
        return "none"
    return "selection_bias" if found.adjusted_gap >= gap else "confounded"


def cohort_truth(found: Figures, equity: EquityThresholds) -> CohortTruth:
    return CohortTruth(
        verdict=verdict(found, equity),
        weight=COHORT_WEIGHT,
        dominance=float(round(found.dominance, 6)),
        male=float(round(found.male, 6)),
        crude_gap=float(round(found.crude_gap, 6)),
        adjusted_gap=float(round(found.adjusted_gap, 6)),
    )


def _mortality(count: dict[tuple[bool, int], list[int]], rest: bool) -> Fraction:
    cells = [cell for (r, _), cell in count.items() if r == rest]
    return Fraction(sum(dead for _, dead in cells), sum(n for n, _ in cells))


def _adjusted(count: dict[tuple[bool, int], list[int]]) -> Fraction:
    total, weight = Fraction(0), 0
    for stage in range(1, 5):
        (n1, d1), (n0, d0) = count[True, stage], count[False, stage]
        if min(n1, n0) >= _FEWEST:
            total += (n1 + n0) * (Fraction(d1, n1) - Fraction(d0, n0))
            weight += n1 + n0
    assert weight, "every stage is left out of the adjusted gap"
    return total / weight
