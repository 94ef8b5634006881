"""One grade from end to end: the same steps for every suite of findings and a report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from graders.checkpoints import checkpoints, unscored
from graders.integrity import check_events, check_variant, check_world
from graders.judge import score_findings
from graders.metrics import finding_metrics, usage_metrics
from graders.predecessor import predecessor_score
from graders.report import report_fields, report_share
from graders.resolve import live_claims
from graders.score import efficiency, reward
from graders.scorecard import scorecard
from tasks import Budget, End, RunRecord, Scorecard, Truth


@dataclass(frozen=True)
class Rules:
    """A suite's facts. weights: by variant, by finding type; budgets and reports: by variant; sites: the report names
    sites; categories: of data quality, by finding type (empty: the suite has none)."""

    suite: str
    weights: Mapping[str, Mapping[str, int]]
    budgets: Mapping[str, Budget]
    reports: Mapping[str, TypeAdapter[Any]]
    sites: bool
    categories: Mapping[str, str] = field(default_factory=dict)


def grade(truth: Truth, record: RunRecord, rules: Rules, *, world_digest: str) -> Scorecard:
    """world_digest: of the world that the truth was built with. A run that was cut off, or failed by the agent, is
    graded as it stands; any other failure is unscored (net and reward None). Raises Invalid for a record that is
    corrupted or of another world."""
    budget = check_variant(record, rules.suite, rules.budgets)
    check_world(record, world_digest)
    variant = variant_of(record)
    check_events(record, rules.reports[variant])
    if record.end is not None and (failed_by := failure_outside(record.end)) is not None:
        return _unscored(truth, record, failed_by, record.end.detail)
    weights = rules.weights[variant]
    score = score_findings(truth, record, weights)
    fields = report_fields(truth, record, score, sites=rules.sites)
    share = report_share(fields)
    frugal = efficiency(record.fhir_requests, budget.par, budget.fhir)
    metrics = {
        **finding_metrics(truth, score, weights, rules.categories),
        **usage_metrics(record),
        "report": share,
        "efficiency": frugal,
        "predecessor": predecessor_score(truth, record, score, report=share, efficiency=frugal),
    }
    return scorecard(
        record,
        [one.claim for one in score.judged],
        net=score.net,
        reward=reward(score.net, share, frugal),
        metrics=metrics,
        checkpoints=checkpoints(truth, record, score, fields, budget),
    )


def variant_of(record: RunRecord) -> str:
    """The middle word of the task's address."""
    return record.header.task.split("/")[1]


def failure_outside(end: End) -> str | None:
    """Who failed the run, if it was not the agent."""
    if end.failed_by is None:
        return "an unnamed boundary" if end.cause == "failed" else None
    return None if end.failed_by == "agent" else end.failed_by


def _unscored(truth: Truth, record: RunRecord, failed_by: str, detail: str | None) -> Scorecard:
    return scorecard(
        record,
        live_claims(record, truth.persons),
        net=None,
        reward=None,
        metrics={**usage_metrics(record), "failed_by": failed_by},
        checkpoints=[unscored(failed_by, detail)],
    )
