"""Simple figures of hard's cohort, none of which crosses group with stage: that table with stage x death is the answer.

For each arm and both together: shares, gaps, deaths, mortality and size per stage and per site, rows that do not count,
and the same figures for a careless reader who believes them. Nothing that follows stage (delays, doses, ECOG, LDH) is
crossed with group either: it would carry the same table (docs/decisions/0007).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ehr_sandbox.probes.chart_features import Features
from tasks.trial_audit import EquityThresholds

STAGES = (1, 2, 3, 4)


class Member(Protocol):
    """One enrolled subject. decoy_stage: what a row that does not count shows; None: nothing else."""

    @property
    def arm(self) -> str | None: ...
    @property
    def group(self) -> str: ...
    @property
    def sex(self) -> str: ...
    @property
    def stage(self) -> int: ...
    @property
    def dead(self) -> bool: ...
    @property
    def site(self) -> object: ...
    @property
    def decoy_stage(self) -> int | None: ...


People = Sequence[Member]


def cohort_features(people: People, equity: EquityThresholds) -> Features:
    dominant = Counter(p.group for p in people if p.arm == "control").most_common(1)[0][0]
    found: Features = {"threshold dominance": equity.dominance, "threshold male": equity.male}
    found["threshold gap"] = equity.gap
    for arm in ("control", "treatment", "pooled"):
        own = [p for p in people if arm in ("pooled", p.arm)]
        found |= {f"{arm} {name}": value for name, value in _arm(own, dominant).items()}
    found["share over"] = found["control share"] - equity.dominance / 100
    found["male over"] = found["control male"] - equity.male / 100
    found["gap over"] = found["control gap"] - equity.gap / 100
    return found


def _arm(people: People, dominant: str) -> Features:
    groups = sorted(Counter(p.group for p in people if p.group != dominant).values(), reverse=True)
    return {
        "share": _share(people, lambda p: p.group == dominant),
        "male": _share(people, lambda p: p.sex == "male"),
        "gap": _gap(people, dominant),
        "deaths": sum(p.dead for p in people),
        "site-adjusted gap": _within(people, dominant, lambda p: p.site),
        "sex-adjusted gap": _within(people, dominant, lambda p: p.sex),
        **{f"minority {rank}": size for rank, size in enumerate(groups)},
        **{f"mortality {sex}": _mortality(p for p in people if p.sex == sex) for sex in ("male", "female")},
        **{f"men of the {n}": _share(side, lambda p: p.sex == "male") for n, side in _sides(people, dominant).items()},
        **_per_stage("", people, lambda p: p.stage),
        **_per_stage("careless ", people, lambda p: p.decoy_stage or p.stage),
        **_decoys(people, dominant),
        **_per_site(people, dominant),
    }


def _per_stage(prefix: str, people: People, stage_of: Callable[[Member], int]) -> Features:
    found: Features = {}
    for stage in STAGES:
        own = [p for p in people if stage_of(p) == stage]
        found[f"{prefix}size {stage}"] = len(own)
        found[f"{prefix}deaths {stage}"] = sum(p.dead for p in own)
        found[f"{prefix}mortality {stage}"] = _mortality(own)
    return found


def _decoys(people: People, dominant: str) -> Features:
    shown = [p for p in people if p.decoy_stage is not None]
    found: Features = {"decoys": len(shown), "decoys dead": sum(p.dead for p in shown)}
    found["decoys dominant"] = sum(p.group == dominant for p in shown)
    for stage in STAGES:
        found[f"decoys of {stage}"] = sum(p.stage == stage for p in shown)
        found[f"decoys showing {stage}"] = sum(p.decoy_stage == stage for p in shown)
    return found


def _per_site(people: People, dominant: str) -> Features:
    """Sites by mortality, the worst first."""
    sites = [[p for p in people if p.site == site] for site in sorted({p.site for p in people}, key=str)]
    worst = sorted(sites, key=_mortality, reverse=True)
    found: Features = {}
    for rank, own in enumerate(worst[:5]):
        found[f"site {rank} mortality"] = _mortality(own)
        found[f"site {rank} size"] = len(own)
        found[f"site {rank} share"] = _share(own, lambda p: p.group == dominant)
    return found


def _sides(people: People, dominant: str) -> dict[str, People]:
    return {"dominant": [p for p in people if p.group == dominant], "rest": [p for p in people if p.group != dominant]}


def _gap(people: People, dominant: str) -> float:
    sides = _sides(people, dominant)
    return _mortality(sides["rest"]) - _mortality(sides["dominant"])


def _within(people: People, dominant: str, stratum: Callable[[Member], object]) -> float:
    total = weight = 0.0
    for value in sorted({str(stratum(p)) for p in people}):
        own = [p for p in people if str(stratum(p)) == value]
        if all(_sides(own, dominant).values()):
            total += len(own) * _gap(own, dominant)
            weight += len(own)
    return total / weight


def _share(people: Iterable[Member], is_so: Callable[[Member], bool]) -> float:
    flags = [is_so(p) for p in people]
    return sum(flags) / max(1, len(flags))


def _mortality(people: Iterable[Member]) -> float:
    return _share(people, lambda p: p.dead)
