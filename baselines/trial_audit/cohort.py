"""Section 6 of the protocol: who is in which group, four figures as exact fractions, and the verdict they give."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from baselines.session import Resource
from baselines.trial_audit.chart import Chart
from baselines.trial_audit.protocol import Equity
from baselines.trial_audit.rules import latest


@dataclass(frozen=True, slots=True)
class Member:
    """One subject of the population; stage None: no row counts."""

    group: str
    male: bool
    died: bool
    stage: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Fractions of 1, exact."""

    dominance: Fraction
    male: Fraction
    crude_gap: Fraction
    adjusted_gap: Fraction


def members(chart: Chart, equity: Equity) -> list[Member]:
    """Clauses 6.1 to 6.3: the arm's subjects with a recorded group."""
    found = []
    for subject in chart.subjects:
        group = recorded_group(subject.patient)
        if subject.arm == equity.arm and group is not None:
            stage = latest(subject.stages, subject.enrolled)
            male = subject.patient.get("gender") == "male"
            found.append(Member(group, male, bool(subject.deaths), None if stage is None else stage.value))
    return found


def figures(population: Sequence[Member], equity: Equity, *, stratify: bool = True) -> Figures:
    """Clauses 6.4 to 6.6. stratify=False: the crude gap stands for the adjusted one. No population: all zero."""
    if not population:
        return Figures(Fraction(), Fraction(), Fraction(), Fraction())
    sizes = Counter(member.group for member in population)
    dominant = max(sorted(sizes), key=lambda group: sizes[group])
    crude = _gap(population, dominant, 1) or Fraction()
    return Figures(
        dominance=Fraction(sizes[dominant], len(population)),
        male=Fraction(sum(member.male for member in population), len(population)),
        crude_gap=crude,
        adjusted_gap=_adjusted(population, dominant, equity.smallest) if stratify else crude,
    )


def verdict(found: Figures, equity: Equity) -> str:
    """Clause 6.7."""
    looks_biased = (
        found.dominance >= equity.dominance and found.male >= equity.male and found.crude_gap >= equity.crude_gap
    )
    if not looks_biased:
        return "none"
    return "selection_bias" if found.adjusted_gap >= equity.adjusted_gap else "confounded"


def recorded_group(patient: Resource) -> str | None:
    """Clause 6.2. Several race categories are a group of their own."""
    if _HISPANIC in _categories(patient, "us-core-ethnicity"):
        return _HISPANIC
    races = _categories(patient, "us-core-race") - _NOT_RECORDED
    return "+".join(sorted(races)) or None


def _adjusted(population: Sequence[Member], dominant: str, smallest: int) -> Fraction:
    total, weight = Fraction(), 0
    for stage in sorted({member.stage for member in population if member.stage is not None}):
        stratum = [member for member in population if member.stage == stage]
        gap = _gap(stratum, dominant, smallest)
        if gap is not None:
            total += gap * len(stratum)
            weight += len(stratum)
    return total / weight if weight else Fraction()


def _gap(population: Iterable[Member], dominant: str, smallest: int) -> Fraction | None:
    """Mortality of the rest minus that of the dominant group; None if either has fewer than `smallest` members."""
    deaths, sizes = [0, 0], [0, 0]
    for member in population:
        sizes[member.group == dominant] += 1
        deaths[member.group == dominant] += member.died
    if min(sizes) < max(smallest, 1):
        return None
    return Fraction(deaths[0], sizes[0]) - Fraction(deaths[1], sizes[1])


def _categories(patient: Resource, name: str) -> set[str]:
    return {
        part["valueCoding"]["code"]
        for extension in patient.get("extension", ())
        if extension["url"].endswith(f"/{name}")
        for part in extension.get("extension", ())
        if part.get("url") == "ombCategory"
    }


_HISPANIC = "2135-2"
_NOT_RECORDED = {"UNK", "ASKU"}
