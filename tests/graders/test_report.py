"""The fields of the closing report against the truth and against the agent's own findings."""

from typing import Any

import pytest

from graders.judge import score_findings
from graders.report import own_counts, report_fields, report_share, reported_counts
from tasks import RunRecord, Truth
from tasks.trial_audit import WEIGHTS
from tests.helpers.records import COHORT, GOOD_COHORT, TEMPORAL, WINDOW, finding, item, record, record_of, report, truth

A, B = "ResearchSubject/a", "ResearchSubject/b"
TRUTH = truth(item(A), item(B), item(A, TEMPORAL), escalate=("Organization/1", "Organization/2"))
HARD = TRUTH.model_copy(update={"cohort": COHORT})


def right_fields(made: RunRecord, expected: Truth = TRUTH) -> dict[str, bool]:
    score = score_findings(expected, made, WEIGHTS)
    return {field.name: field.right for field in report_fields(expected, made, score, sites=True)}


def share(made: RunRecord, expected: Truth = TRUTH) -> float:
    return report_share(report_fields(expected, made, score_findings(expected, made, WEIGHTS), sites=True))


@pytest.mark.parametrize(
    ("counts", "sites", "expected"),
    [
        ((2, 1, 0), ["Organization/2", "Organization/1"], 1.0),
        ((2, 1, 0), ["Organization/1", "Organization/2", "Organization/2"], 1.0),
        ((2, 1, 0), ["http://127.0.0.1:1/episodes/e1/fhir/Organization/1", "Organization/2/_history/1"], 1.0),
        ((2, 1, 0), ["Organization/1"], 0.75),
        ((2, 1, 0), ["Organization/1", "Organization/2", "the third"], 0.75),
        ((2, 0, 0), [], 0.5),
        ((0, 0, 0), [], 0.25),
        ((9, 9, 9), [], 0.0),
    ],
)
def test_three_counts_and_the_set_of_sites(counts: tuple[int, ...], sites: list[str], expected: float) -> None:
    assert share(record(report(counts, sites))) == expected


def test_no_report_is_worth_nothing_even_where_the_truth_is_zero() -> None:
    assert share(record()) == 0.0
    assert share(record(), HARD) == 0.0


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, set()),
        ({"verdict": "none"}, {"cohort.verdict"}),
        ({"dominance": 0.767222}, set()),  # .02 off
        ({"dominance": 0.767223}, {"cohort.dominance"}),
        ({"male": 0.5, "crude_gap": -0.195}, {"cohort.male", "cohort.crude_gap"}),
        ({"adjusted_gap": 0.054}, set()),
        ({"adjusted_gap": 0.0539}, {"cohort.adjusted_gap"}),
    ],
)
def test_the_verdict_and_each_figure_is_a_field(changes: dict[str, Any], wrong: set[str]) -> None:
    made = record(report((2, 1, 0), ["Organization/1", "Organization/2"], GOOD_COHORT | changes))
    fields = right_fields(made, HARD)
    assert {name for name, right in fields.items() if not right} == wrong
    assert share(made, HARD) == (9 - len(wrong)) / 9


def test_consistency_is_with_the_live_findings_by_person() -> None:
    made = record_of(finding(A), finding("Patient/a"), finding(B, WINDOW))
    assert own_counts(TRUTH, score_findings(TRUTH, made, WEIGHTS)) == {
        "invalid_age": 1,
        "protocol_window_violation": 1,
        "temporal_inconsistency": 0,
    }
    assert reported_counts(TRUTH, made) is None
    assert reported_counts(TRUTH, record(report((1, 0, 1)))) == {
        "invalid_age": 1,
        "protocol_window_violation": 1,
        "temporal_inconsistency": 0,
    }
