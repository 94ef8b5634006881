"""From reports of many indices to what is published of each variant, and whether every bound holds."""

import hashlib
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ehr_sandbox.ablations import variant_problems
from ehr_sandbox.gaming import BOUND, CheatFigure
from ehr_sandbox.probes import ProbeFigure, cohort_probes
from ehr_sandbox.suites import SUITES, Suite
from ehr_sandbox.validate import UNBUILT, IndexReport
from tasks import Frozen
from tasks.trial_audit import VARIANTS

PUBLISHED = 200
"""Indices from which on a mean is held to its bound; a shorter run may reach twice it."""

FEWEST = 30
"""Worlds from which on cheats and the probe for labels are asked: of fewer they learn too little to mean anything."""


class Gamed(Frozen):
    """What probes and cheats found on the worlds of one variant that were seen."""

    cheats: tuple[CheatFigure, ...] = ()
    labels: tuple[ProbeFigure, ...] = ()


UNGAMED = Gamed()


class AblationFigure(Frozen):
    """lost and traps: means per index, by `type.kind` and by family; false: wrong findings per index, by type."""

    name: str
    mean: float
    half_width: float | None
    indices: int
    lost: Mapping[str, float]
    false: Mapping[str, float]
    traps: Mapping[str, float]


class VariantSummary(Frozen):
    """Means over indices; problems name the index. half_widths: of the 95 % interval of each mean reward (1.96 standard
    errors; none for one index); played: on how many indices; digests: SHA-256 of the digests in the order of indices,
    joined by newlines."""

    task: str
    indices: int
    problems: tuple[str, ...]
    means: Mapping[str, float]
    half_widths: Mapping[str, float]
    played: Mapping[str, int]
    mean_nets: Mapping[str, float]
    most_requests: int
    first: int
    last: int
    digest: str
    """Of the world of the first index."""
    digests: str
    resources: tuple[int, float, int]
    """Fewest, mean, most per world."""
    megabytes: float
    """Per world, on average."""
    counts: Mapping[str, float]
    kinds: Mapping[str, tuple[int, float, int]]
    """Fewest, mean, most items per index, by `type.kind`."""
    families: Mapping[str, float]
    """Traps per index."""
    ablations: tuple[AblationFigure, ...] = ()
    probes: tuple[ProbeFigure, ...] = ()
    cheats: tuple[CheatFigure, ...] = ()


def summarise(
    reports: Iterable[IndexReport],
    suites: Mapping[str, Suite] = SUITES,
    gamed: Mapping[str, Gamed] | None = None,
    *,
    published_bound: int = PUBLISHED,
) -> list[VariantSummary]:
    """One summary per variant. A floor's mean must be within its bound; in a run under 200 indices, within twice it."""
    by_task: dict[str, list[IndexReport]] = defaultdict(list)
    for report in reports:
        by_task[report.task.rpartition("/")[0]].append(report)
    return [
        _summary(suites[task.partition("/")[0]], task, group, (gamed or {}).get(task, UNGAMED), published_bound)
        for task, group in by_task.items()
    ]


def _summary(suite: Suite, task: str, group: list[IndexReport], gamed: Gamed, published: int) -> VariantSummary:
    played = {
        name: [r.rewards[name] for r in group if name in r.rewards] for report in group for name in report.rewards
    }
    means = {name: _mean(rewards) for name, rewards in played.items()}
    built = [report for report in group if report.digest != UNBUILT]
    ablations = _ablations(suite, group)
    probes = (*gamed.labels, *cohort_probes([r.cohort for r in group if r.cohort is not None]))
    return VariantSummary(
        task=task,
        indices=len(group),
        problems=(
            *(f"{report.task}: {problem}" for report in group for problem in report.problems),
            *_floor_problems(suite, task, means, played, published),
            *_ablation_problems(task, ablations),
            *_probe_problems(task, probes),
            *_cheat_problems(task, gamed.cheats, published),
        ),
        means=means,
        half_widths={name: width for name in means if (width := _half_width(played[name])) is not None},
        played={name: len(rewards) for name, rewards in played.items()},
        mean_nets={name: _mean(r.nets[name] for r in group if name in r.nets) for name in played},
        most_requests=max(r.reference_requests for r in group),
        first=min(r.index for r in group),
        last=max(r.index for r in group),
        digest=group[0].digest,
        digests=hashlib.sha256("\n".join(r.digest for r in group).encode()).hexdigest(),
        resources=_range([r.resources for r in built]),
        megabytes=round(_mean(r.size / 1e6 for r in built), 1) if built else 0.0,
        counts=_mean_counts([r.counts for r in built]),
        kinds={kind: _range([r.kinds.get(kind, 0) for r in built]) for kind in _names(r.kinds for r in built)},
        families=_mean_counts([r.families for r in built]),
        ablations=ablations,
        probes=probes,
        cheats=gamed.cheats,
    )


def _floor_problems(
    suite: Suite,
    task: str,
    means: Mapping[str, float],
    played: Mapping[str, Sequence[float | None]],
    published: int,
) -> Iterable[str]:
    for name, bound in suite.floors.items():
        if name not in means:
            continue
        allowed = bound if len(played[name]) >= published else 2 * bound
        if means[name] > allowed:
            yield f"{task}: {name} has a mean reward of {means[name]:.4f}, above its bound of {allowed}"


def _ablation_problems(task: str, ablations: Iterable[AblationFigure]) -> Iterable[str]:
    """A world may lack what a reader is blind to, so a few indices prove nothing."""
    variant = VARIANTS.get(task.partition("/")[2])
    for figure in ablations:
        if variant is not None and figure.indices >= ENOUGH:
            yield from (f"{task}: {problem}" for problem in variant_problems(figure.name, variant, figure.mean))


ENOUGH = 20
"""Indices from which on a reader that loses nothing where it must lose something is a problem."""


def _probe_problems(task: str, probes: Iterable[ProbeFigure]) -> Iterable[str]:
    for figure in probes:
        if not figure.holds:
            allowed = f"{figure.expected} +-{figure.bound}"
            yield f"{task}: a model tells {figure.name}: AUC {figure.auc:.3f}, must be {allowed}"


def _cheat_problems(task: str, cheats: Iterable[CheatFigure], published: int) -> Iterable[str]:
    for figure in cheats:
        allowed = BOUND if figure.worlds >= published else 2 * BOUND
        if figure.is_bounded and not figure.is_empty and figure.mean > allowed:
            yield f"{task}: the cheat {figure.name} has a mean reward of {figure.mean:.4f}, above its bound {allowed}"


def _ablations(suite: Suite, group: Sequence[IndexReport]) -> tuple[AblationFigure, ...]:
    figures = []
    for name in suite.ablations:
        seen = [report.ablations[name] for report in group if name in report.ablations]
        if seen:
            rewards = [one.reward for one in seen]
            figures.append(
                AblationFigure(
                    name=name,
                    mean=_mean(rewards),
                    half_width=_half_width(rewards),
                    indices=len(seen),
                    lost=_mean_counts([one.lost for one in seen]),
                    false=_mean_counts([one.false for one in seen]),
                    traps=_mean_counts([one.traps for one in seen]),
                )
            )
    return tuple(figures)


def _names(counts: Iterable[Mapping[str, int]]) -> list[str]:
    return sorted({name for one in counts for name in one})


def _mean_counts(counts: Sequence[Mapping[str, int]]) -> dict[str, float]:
    return {name: round(sum(one.get(name, 0) for one in counts) / len(counts), 3) for name in _names(counts)}


def _range(values: Sequence[int]) -> tuple[int, float, int]:
    if not values:
        return 0, 0.0, 0
    return min(values), round(sum(values) / len(values), 2), max(values)


def _mean(values: Iterable[float | None]) -> float:
    """Of the scored ones."""
    scored = [v for v in values if v is not None]
    return round(sum(scored) / len(scored), 6) if scored else float("nan")


def _half_width(values: Iterable[float | None]) -> float | None:
    """None for fewer than two values."""
    scored = [v for v in values if v is not None]
    return round(1.96 * statistics.stdev(scored) / math.sqrt(len(scored)), 6) if len(scored) > 1 else None
