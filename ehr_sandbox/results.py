"""What one run of one agent on one task came to, and the table that shows many."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from rich.table import Table

from tasks import FailedBy, Frozen

Status = Literal["completed", "truncated", "failed"]


class RunResult(Frozen):
    """One line of `run --json`. net and reward are None when unscored; seconds is wall time of the agent alone."""

    task: str
    agent: str
    backend: str
    status: Status
    failed_by: FailedBy | None
    detail: str | None
    net: float | None
    reward: float | None
    fhir_requests: int
    actions: int
    bytes: int
    seconds: float
    sealed: bool
    findings_sha256: str | None
    record: str
    metrics: Mapping[str, Any]


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def results_table(results: Iterable[RunResult]) -> Table:
    """One row per run."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("task", "agent", "status"):
        table.add_column(name, no_wrap=True)
    for name in ("net", "reward", "precision", "recall", "requests", "kB", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    for r in results:
        status = r.status if r.failed_by is None else f"failed by {r.failed_by}"
        table.add_row(
            r.task, r.agent, status, _figure(r.net), _figure(r.reward),
            _figure(r.metrics.get("precision")), _figure(r.metrics.get("recall")),
            str(r.fhir_requests), str(r.bytes // 1024), f"{r.seconds:.2f}",
        )  # fmt: skip
    return table


def scored_line(results: list[RunResult]) -> str:
    """`11 of 12 runs scored`: unscored ones are never averaged as 0."""
    return f"{sum(r.reward is not None for r in results)} of {len(results)} runs scored"
