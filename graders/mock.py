"""The grader of `mock`: the same steps, a report of counts only."""

from graders.explain import explain
from graders.grade import Rules, grade
from tasks import RunRecord, Scorecard, Truth
from tasks.mock import REPORT, VARIANTS, WEIGHTS

_RULES = Rules(
    suite="mock",
    weights=dict.fromkeys(VARIANTS, WEIGHTS),
    budgets=VARIANTS,
    reports=dict.fromkeys(VARIANTS, REPORT),
    sites=False,
)


def grade_mock(truth: Truth, record: RunRecord, *, world_digest: str) -> Scorecard:
    """Raises Invalid for a corrupted record, or one of another suite or world."""
    return grade(truth, record, _RULES, world_digest=world_digest)


def explain_mock(truth: Truth, record: RunRecord) -> list[str]:
    """One line per item and per false finding. Raises Invalid."""
    return explain(truth, record, WEIGHTS)
