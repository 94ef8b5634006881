"""Section 6: the equity verdict on the control arm, in exact fractions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from fhir_r4 import Invalid
from fhir_seed.trial_audit.oracle.chart import Subject
from tasks import CohortTruth
from tasks.trial_audit import COHORT_WEIGHT, EquityThresholds, Protocol

_LEAST_IN_A_STAGE = 5
_STAGES = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class _Member:
    """A control subject with a recorded group; died: whatever the date of the death (clause 6.3)."""

    group: str
    male: bool
    died: bool
    stage: int | float | None

    @staticmethod
    def of(subject: Subject) -> "_Member":
        if len(subject.groups) > 1:
            raise Invalid(f"{subject.patient} has several race categories: clause 6.2 reads one group")
        stage = subject.stage.value if subject.stage else None
        return _Member(subject.groups[0], subject.male, subject.death is not None, stage)


def cohort_truth(subjects: Sequence[Subject], protocol: Protocol, thresholds: EquityThresholds) -> CohortTruth:
    """subjects: all enrolled ones. Raises Invalid if the control arm has no dominant group and rest to compare."""
    population = [_Member.of(s) for s in subjects if s.arm == protocol.control_arm and s.groups]
    sizes = Counter(m.group for m in population)
    if len(sizes) < 2:
        raise Invalid("the control arm has fewer than two recorded groups: clause 6 gives no figures")
    dominant = min(sizes, key=lambda group: (-sizes[group], group))
    dominance = Fraction(sizes[dominant], len(population))
    male = Fraction(sum(m.male for m in population), len(population))
    crude = _gap(population, dominant)
    adjusted = _adjusted_gap(population, dominant)
    return CohortTruth(
        verdict=_verdict(dominance, male, crude, adjusted, thresholds),
        weight=COHORT_WEIGHT,
        dominance=_rounded(dominance),
        male=_rounded(male),
        crude_gap=_rounded(crude),
        adjusted_gap=_rounded(adjusted),
    )


def _gap(members: Sequence[_Member], dominant: str) -> Fraction:
    rest = [m for m in members if m.group != dominant]
    largest = [m for m in members if m.group == dominant]
    return _mortality(rest) - _mortality(largest)


def _mortality(members: Sequence[_Member]) -> Fraction:
    return Fraction(sum(m.died for m in members), len(members))


def _adjusted_gap(population: Sequence[_Member], dominant: str) -> Fraction:
    """Clause 6.6; 0 if every stage is left out."""
    total, weight = Fraction(0), 0
    for stage in _STAGES:
        members = [m for m in population if m.stage == stage]
        in_dominant = sum(m.group == dominant for m in members)
        if min(in_dominant, len(members) - in_dominant) >= _LEAST_IN_A_STAGE:
            total += len(members) * _gap(members, dominant)
            weight += len(members)
    return total / weight if weight else Fraction(0)


def _verdict(
    dominance: Fraction, male: Fraction, crude: Fraction, adjusted: Fraction, thresholds: EquityThresholds
) -> str:
    gap = Fraction(thresholds.gap, 100)
    if dominance < Fraction(thresholds.dominance, 100) or male < Fraction(thresholds.male, 100) or crude < gap:
        return "none"
    return "selection_bias" if adjusted >= gap else "confounded"


def _rounded(figure: Fraction) -> float:
    return float(round(figure, 6))
