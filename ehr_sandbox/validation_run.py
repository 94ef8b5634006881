"""Validate many indices on several processes; digests are taken again in another process."""

import asyncio
import math
import multiprocessing
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed

from ehr_sandbox.suites import SUITES, Suite
from ehr_sandbox.validate import UNBUILT, IndexReport, check_index
from fhir_r4 import Problem
from tasks import Address, Frozen


class VariantSummary(Frozen):
    """Means over indices; problems name the index. half_widths: of the 95 % interval of each mean reward (1.96 standard
    errors; none for one index)."""

    task: str
    indices: int
    problems: tuple[str, ...]
    means: Mapping[str, float]
    half_widths: Mapping[str, float]
    mean_nets: Mapping[str, float]
    most_requests: int


def _check(salt: str, address: Address) -> IndexReport:
    """An index that cannot be built is a finding, not the end of the run."""
    try:
        return asyncio.run(check_index(salt, address))
    except Problem as problem:
        return IndexReport.unbuilt(address, problem)


def _digest(salt: str, address: Address) -> str:
    try:
        return SUITES[address.suite].build(salt, address).world.digest
    except Problem:
        return UNBUILT


def validate_indices(
    salt: str, addresses: list[Address], *, workers: int, on_report: Callable[[IndexReport], None]
) -> list[IndexReport]:
    """Reports in the order of `addresses`. Each index is checked in one process and its digest re-made in another.

    workers: at least 2, so that there is another process; each worker is a pool of its own.
    """
    context = multiprocessing.get_context("spawn")
    pools = [ProcessPoolExecutor(1, mp_context=context) for _ in range(max(2, workers))]
    try:
        checks: dict[Future[IndexReport], tuple[int, Future[str]]] = {}
        for number, address in enumerate(addresses):
            here, there = pools[number % len(pools)], pools[(number + 1) % len(pools)]
            checks[here.submit(_check, salt, address)] = number, there.submit(_digest, salt, address)
        reports: dict[int, IndexReport] = {}
        for done in as_completed(checks):
            number, again = checks[done]
            reports[number] = _with_digest(done.result(), again.result())
            on_report(reports[number])
    finally:
        for pool in pools:
            pool.shutdown(cancel_futures=True)
    return [reports[n] for n in range(len(addresses))]


def _with_digest(report: IndexReport, again: str) -> IndexReport:
    if report.digest == again:
        return report
    problem = f"digest {report.digest} is {again} in another process"
    return report.model_copy(update={"problems": (*report.problems, problem)})


def summarise(
    reports: Iterable[IndexReport], suites: Mapping[str, Suite] = SUITES, *, published_bound: int = 200
) -> list[VariantSummary]:
    """One summary per variant. A floor's mean must be within its bound; in a run under 200 indices, within twice it."""
    by_task: dict[str, list[IndexReport]] = defaultdict(list)
    for report in reports:
        by_task[report.task.rpartition("/")[0]].append(report)
    return [_summary(suites[task.partition("/")[0]], task, group, published_bound) for task, group in by_task.items()]


def _summary(suite: Suite, task: str, group: list[IndexReport], published_bound: int) -> VariantSummary:
    problems = [f"{report.task}: {problem}" for report in group for problem in report.problems]
    played = {name: [r.rewards.get(name) for r in group] for report in group for name in report.rewards}
    means = {name: _mean(rewards) for name, rewards in played.items()}
    for name, bound in suite.floors.items():
        if name not in means:
            continue
        allowed = bound if len(group) >= published_bound else 2 * bound
        if means[name] > allowed:
            problems.append(f"{task}: {name} has a mean reward of {means[name]:.4f}, above its bound of {allowed}")
    return VariantSummary(
        task=task,
        indices=len(group),
        problems=tuple(problems),
        means=means,
        half_widths={name: width for name in means if (width := _half_width(played[name])) is not None},
        mean_nets={name: _mean(r.nets.get(name) for r in group) for name in played},
        most_requests=max(r.reference_requests for r in group),
    )


def _mean(values: Iterable[float | None]) -> float:
    """Of the scored ones."""
    scored = [v for v in values if v is not None]
    return round(sum(scored) / len(scored), 6) if scored else float("nan")


def _half_width(values: Iterable[float | None]) -> float | None:
    """None for fewer than two values."""
    scored = [v for v in values if v is not None]
    return round(1.96 * statistics.stdev(scored) / math.sqrt(len(scored)), 6) if len(scored) > 1 else None
