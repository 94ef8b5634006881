"""The grader of `trial_audit`: the facts of its variants for the steps of `graders.grade`."""

from graders.explain import explain
from graders.grade import Rules, grade
from tasks import RunRecord, Scorecard, Truth
from tasks.trial_audit import KAHN, TYPE_WEIGHTS, VARIANTS, report_of

_RULES = Rules(
    suite="trial_audit",
    weights={name: {type_: TYPE_WEIGHTS[type_] for type_ in v.finding_types} for name, v in VARIANTS.items()},
    budgets={name: variant.budget for name, variant in VARIANTS.items()},
    reports={name: report_of(variant) for name, variant in VARIANTS.items()},
    sites=True,
    categories=KAHN,
)


def grade_trial_audit(truth: Truth, record: RunRecord, *, world_digest: str) -> Scorecard:
    """Raises Invalid for a corrupted record, or one of another suite or world."""
    return grade(truth, record, _RULES, world_digest=world_digest)


def explain_trial_audit(truth: Truth, record: RunRecord) -> list[str]:
    """One line per item and per false finding. Raises Invalid."""
    return explain(truth, record, TYPE_WEIGHTS)
