"""The five-part score of the environment before this one, for comparison only: nothing is trained or ranked on it.

.70 recall + .15 precision + .05 workflow + .05 efficiency + .05 report, all in 0..1. Recall and precision count
findings, not weights or confidence, and the cohort verdict as one more item. Workflow is the share of three habits:
something was read in full before the first finding, every live finding cites evidence, a report was submitted.
Efficiency counts only if something was found.
"""

from typing import Any

from graders.judge import Score
from tasks import ActionTaken, FhirCall, RunRecord, Truth

_PARTS = {"recall": 0.70, "precision": 0.15, "workflow": 0.05, "efficiency": 0.05, "report": 0.05}


def predecessor_score(
    truth: Truth, record: RunRecord, score: Score, *, report: float, efficiency: float
) -> dict[str, Any]:
    """The parts and their weighted sum, `total`. report, efficiency: shares in 0..1."""
    right = sum(bet.right for bet in score.bets)
    expected = len(truth.items) + (truth.cohort is not None)
    parts = {
        "recall": right / expected,
        "precision": right / len(score.bets) if score.bets else 0.0,
        "workflow": _workflow(record, score),
        "efficiency": efficiency if right else 0.0,
        "report": report,
    }
    return {**parts, "total": sum(_PARTS[name] * value for name, value in parts.items())}


def _workflow(record: RunRecord, score: Score) -> float:
    cited = bool(score.judged) and all(one.claim.finding.evidence for one in score.judged)
    return sum((_read_before_flagging(record), cited, record.report is not None)) / 3


def _read_before_flagging(record: RunRecord) -> bool:
    for event in record.events:
        if isinstance(event, ActionTaken) and event.finding is not None:
            return False
        if isinstance(event, FhirCall) and event.full:
            return bool(record.findings)
    return False
