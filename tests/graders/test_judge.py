"""What makes a finding right, its evidence complete, and the cohort verdict a finding."""

import pytest

from graders import score_findings
from tasks.trial_audit import WEIGHTS
from tests.helpers.records import (
    AGE,
    COHORT,
    GOOD_COHORT,
    TEMPORAL,
    WINDOW,
    finding,
    item,
    record,
    record_of,
    report,
    truth,
)

A = "ResearchSubject/a"
TRUTH = truth(
    item(A, TEMPORAL, ("AdverseEvent/1", "MedicationAdministration/1"), ("MedicationAdministration/1", "P/a"))
)
HARD = truth(item(A), cohort=COHORT)


@pytest.mark.parametrize(
    ("evidence", "complete"),
    [
        (("MedicationAdministration/1", "AdverseEvent/1"), True),
        (("P/a", "Observation/9", "MedicationAdministration/1"), True),
        (("P/a", "AdverseEvent/1"), False),
        (("MedicationAdministration/1",), False),
        ((), False),
    ],
)
def test_evidence_is_complete_if_it_covers_one_alternative(evidence: tuple[str, ...], complete: bool) -> None:
    (one,) = score_findings(TRUTH, record_of(finding(A, TEMPORAL, evidence=evidence)), WEIGHTS).judged
    assert (one.right, one.complete) == (True, complete)
    assert one.payoff == (2.0 if complete else 1.7)


def test_a_right_subject_with_a_wrong_type_is_wrong_by_the_weight_of_the_type_claimed() -> None:
    score = score_findings(TRUTH, record_of(finding(A, WINDOW), finding("Patient/x", AGE, 0.5)), WEIGHTS)
    assert [(one.right, one.complete, one.payoff) for one in score.judged] == [(False, False, -0.5), (False, False, -1)]
    assert score.net == -0.75


@pytest.mark.parametrize(
    ("changes", "pays"),
    [
        ({}, 5.0),
        ({"male": 0.7}, 4.25),
        ({"confidence": 0.5}, 3.75),
        ({"verdict": "none"}, -5.0),
        ({"verdict": "none", "confidence": 0.2}, -0.2),
    ],
)
def test_the_cohort_verdict_is_a_finding_with_its_figures_as_evidence(changes: dict[str, object], pays: float) -> None:
    score = score_findings(HARD, record(report(cohort=GOOD_COHORT | changes)), WEIGHTS)
    assert score.net == pytest.approx(pays / 7)


def test_without_a_report_there_is_no_cohort_finding() -> None:
    score = score_findings(HARD, record_of(finding(A)), WEIGHTS)
    assert (score.cohort, score.total, score.net) == (None, 7, 2 / 7)
