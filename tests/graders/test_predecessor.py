"""The five-part score of the environment before this one."""

import pytest

from graders.judge import score_findings
from graders.predecessor import predecessor_score
from tasks import RunRecord
from tasks.trial_audit import WEIGHTS
from tests.helpers.records import AGE, COHORT, GOOD_COHORT, WINDOW, act, finding, item, read, record, report, truth

A, B = "ResearchSubject/a", "ResearchSubject/b"
TRUTH = truth(item(A), item(B))


def total(made: RunRecord, report_: float = 1.0, efficiency: float = 1.0) -> float:
    score = score_findings(TRUTH, made, WEIGHTS)
    return float(predecessor_score(TRUTH, made, score, report=report_, efficiency=efficiency)["total"])


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (record(read(A, B), act(finding(A)), act(finding(B)), report()), 1.0),
        (record(read(A), act(finding(A)), report()), 0.35 + 0.15 + 0.15),
        (record(read(A), act(finding(A)), act(finding(A, WINDOW)), report()), 0.35 + 0.075 + 0.15),
        (record(read(A), act(finding(A, evidence=())), report()), 0.35 + 0.15 + 0.05 * 2 / 3 + 0.10),
        (record(act(finding(A)), read(A), report()), 0.35 + 0.15 + 0.05 * 2 / 3 + 0.10),
        (record(read(), read(A), act(finding(A))), 0.35 + 0.15 + 0.05 * 2 / 3 + 0.10),
        (record(read(A), act(finding(A, WINDOW))), 0.05 * 2 / 3 + 0.05),
        (record(report()), 0.05 / 3 + 0.05),
        (record(read(A)), 0.05),
    ],
)
def test_five_parts(made: RunRecord, expected: float) -> None:
    assert total(made) == pytest.approx(expected)


def test_confidence_and_weight_do_not_matter() -> None:
    sure, unsure = (record(read(A), act(finding(A, AGE, p)), report()) for p in (1.0, 0.1))
    assert total(sure) == total(unsure)


def test_the_cohort_verdict_is_one_more_item() -> None:
    expected = TRUTH.model_copy(update={"cohort": COHORT})
    made = record(report(cohort=GOOD_COHORT))
    parts = predecessor_score(expected, made, score_findings(expected, made, WEIGHTS), report=0.0, efficiency=0.0)
    assert (parts["recall"], parts["precision"]) == (1 / 3, 1.0)
