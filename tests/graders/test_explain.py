"""`--explain`: one line per item and per false finding."""

import pytest

from graders import explain_mock, explain_trial_audit
from tasks import RunRecord, Trap, Truth, TruthItem
from tests.helpers.records import (
    COHORT,
    GOOD_COHORT,
    TEMPORAL,
    WINDOW,
    act,
    finding,
    item,
    read,
    record,
    record_of,
    report,
    truth,
)

A, B, C = (f"ResearchSubject/{x}" for x in "abc")
ITEM = "ResearchSubject/a invalid_age (out_of_range), weight 2"


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (record_of(finding(A, confidence=0.5)), f"found       {ITEM}: confidence 0.5, evidence complete, pays +1.500"),
        (record_of(finding(A, evidence=())), f"found       {ITEM}: confidence 1, evidence incomplete, pays +1.700"),
        (record(), f"missed      {ITEM}: never retrieved: ResearchSubject/a"),
        (record(read(A)), f"missed      {ITEM}: retrieved, not flagged"),
        (
            record_of(finding("Patient/a", WINDOW, 0.5)),
            f"wrong type  {ITEM}: flagged as protocol_window_violation (confidence 0.5), pays -0.250",
        ),
    ],
)
def test_one_line_per_item(made: RunRecord, line: str) -> None:
    assert explain_trial_audit(truth(item(A)), made) == [line]


def test_false_findings_follow_with_their_reason() -> None:
    expected = truth(
        item(A),
        traps=[Trap(subject=B, type=TEMPORAL, family="late_death")],
        persons={B: B, C: C},
    )
    made = record_of(finding(A), finding(A, WINDOW), finding(B, TEMPORAL), finding(C), finding("Patient/x"))
    assert explain_trial_audit(expected, made)[1:] == [
        "false       Patient/x invalid_age: nobody of this world, pays -2.000",
        "false       ResearchSubject/a protocol_window_violation: the protocol allows it, pays -1.000",
        "false       ResearchSubject/b temporal_inconsistency: a valid look-alike (late_death), pays -2.000",
        "false       ResearchSubject/c invalid_age: the protocol allows it, pays -2.000",
    ]


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (record(), "missed      cohort verdict confounded, weight 5: not reported"),
        (
            record(report(cohort=GOOD_COHORT)),
            "found       cohort verdict confounded, weight 5: confidence 1, figures right, pays +5.000",
        ),
        (
            record(report(cohort=GOOD_COHORT | {"male": 0.7})),
            "found       cohort verdict confounded, weight 5: confidence 1, figures off: male 0.7 for 0.588889,"
            " pays +4.250",
        ),
        (
            record(report(cohort=GOOD_COHORT | {"verdict": "none"})),
            "false       cohort verdict confounded, weight 5: reported as none, figures right, pays -5.000",
        ),
    ],
)
def test_the_cohort_verdict_is_the_last_line(made: RunRecord, line: str) -> None:
    assert explain_trial_audit(truth(item(A), cohort=COHORT), made)[-1] == line


def test_the_mock_suite_is_explained_the_same_way() -> None:
    wanted = TruthItem(
        subject="Patient/1",
        type="missing_birth_date",
        kind="missing",
        weight=1,
        evidence=(("Patient/1",),),
        corrective_action="query_site",
    )
    expected = Truth(items=(wanted,), traps=(), persons={"Patient/1": "Patient/1"}, counts={"missing_birth_date": 1})
    made = record(read("Patient/1"), act(finding("Patient/1", "missing_birth_date")))
    assert [line[:5] for line in explain_mock(expected, made)] == ["found"]
