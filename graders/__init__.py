"""Pure functions from (truth, run record) to a scorecard. No server, no clock, no network; same input, same bytes.

Files in the order of a grade: `integrity` (is the record sound and of this world), `resolve` (who is meant, which
version counts), `judge` (right or wrong), `score` (the formulas), `report`, `metrics`, `checkpoints`, `predecessor`,
`scorecard`; `grade` calls them, a suite (`trial_audit`, `mock`) gives the facts, `explain` says it line by line.
"""

from graders.explain import explain
from graders.grade import Rules, grade
from graders.judge import Score, score_findings
from graders.mock import explain_mock, grade_mock
from graders.score import Bet, net, reward
from graders.scorecard import GRADER_VERSION
from graders.trial_audit import explain_trial_audit, grade_trial_audit

__all__ = [
    "GRADER_VERSION",
    "Bet",
    "Rules",
    "Score",
    "explain",
    "explain_mock",
    "explain_trial_audit",
    "grade",
    "grade_mock",
    "grade_trial_audit",
    "net",
    "reward",
    "score_findings",
]
