"""Each sentence fails for its own reason, and says what was expected and seen."""

import pytest

from graders import grade_trial_audit
from tasks import Checkpoint, RunRecord, Trap, Truth
from tests.helpers.records import (
    COHORT,
    DIGEST,
    GOOD_COHORT,
    TEMPORAL,
    act,
    finding,
    item,
    read,
    record,
    record_of,
    refused,
    report,
    truth,
)

A, B, C = (f"ResearchSubject/{x}" for x in "abc")
TRUTH = truth(
    item(A, "invalid_age", ("Patient/a", A)), item(B), traps=[Trap(subject=C, type=TEMPORAL, family="late_death")]
)


def checks(made: RunRecord, expected: Truth = TRUTH) -> dict[str, Checkpoint]:
    return {c.name: c for c in grade_trial_audit(expected, made, world_digest=DIGEST).checkpoints}


def test_names_are_unique_and_in_a_fixed_order() -> None:
    assert list(checks(record())) == [
        "item:ResearchSubject/a:invalid_age",
        "item:ResearchSubject/b:invalid_age",
        "type:invalid_age",
        "type:protocol_window_violation",
        "type:temporal_inconsistency",
        "no_false_finding",
        "trap:late_death",
        "evidence_gate",
        "budget:fhir",
        "budget:actions",
        "report:consistent",
        "report:counts.invalid_age",
        "report:counts.protocol_window_violation",
        "report:counts.temporal_inconsistency",
        "report:sites_to_escalate",
    ]


@pytest.mark.parametrize(
    ("made", "outcome", "because"),
    [
        (record(read(A, "Patient/a"), act(finding(A, evidence=(A, "Patient/a")))), "passed", "evidence complete"),
        (record_of(finding(A)), "passed", "evidence incomplete"),
        (record(read(A, "Patient/a")), "failed", "retrieved, not flagged"),
        (record(read(A)), "failed", "never retrieved: Patient/a"),
        (record(), "failed", "never retrieved: Patient/a, ResearchSubject/a"),
    ],
)
def test_an_item_says_why_it_was_missed(made: RunRecord, outcome: str, because: str) -> None:
    one = checks(made)["item:ResearchSubject/a:invalid_age"]
    assert (one.outcome, one.because) == (outcome, because)


def test_a_flagged_trap_fails_its_family_and_is_a_false_finding() -> None:
    got = checks(record_of(finding(C, TEMPORAL)))
    assert (got["trap:late_death"].outcome, got["trap:late_death"].actual) == ("failed", "1 of 1 flagged")
    assert got["no_false_finding"].because == "ResearchSubject/c temporal_inconsistency"


def test_a_long_list_of_false_findings_is_cut() -> None:
    got = checks(record_of(*(finding(f"Patient/{n}") for n in range(12))))["no_false_finding"]
    assert (got.actual, got.because[-4:]) == ("12 false findings", " ...")


@pytest.mark.parametrize(
    ("made", "outcome"),
    [
        (record(read(A), act(finding(A))), "passed"),
        (record(act(finding(A)), read(A)), "failed"),  # read only afterwards
        (record(read(A), act(finding(A, evidence=(A, "Patient/a")))), "failed"),
        (record(read(A), act(finding("Patient/a", evidence=(A,)))), "failed"),
        (record(read(A), act(finding(A)), act(finding(A, version=2, evidence=(B,)))), "failed"),
    ],
)
def test_the_evidence_gate_is_verified_event_by_event(made: RunRecord, outcome: str) -> None:
    assert checks(made)["evidence_gate"].outcome == outcome


def test_budgets() -> None:
    got = checks(record(read(A, cost=41), *[refused()] * 13))
    assert [(got[n].outcome, got[n].actual) for n in ("budget:fhir", "budget:actions")] == [
        ("failed", "41"),
        ("failed", "13"),
    ]


def test_a_report_may_agree_with_the_findings_and_not_with_the_truth() -> None:
    made = record(read(A), act(finding(A)), report((1, 0, 0)))
    got = checks(made)
    assert (got["report:consistent"].outcome, got["report:counts.invalid_age"].outcome) == ("passed", "failed")
    other = checks(record(read(A), act(finding(A)), report((2, 0, 0), ["Organization/1"])))
    assert (other["report:consistent"].outcome, other["report:counts.invalid_age"].outcome) == ("failed", "passed")
    sites = other["report:sites_to_escalate"]
    assert (sites.expected, sites.actual) == ("none", "Organization/1")


def test_no_report_fails_every_sentence_about_it() -> None:
    got = checks(record())
    assert all(c.outcome == "failed" for name, c in got.items() if name.startswith("report:"))
    assert got["report:consistent"].actual == "no report"


def test_the_verdict_and_each_figure_of_the_cohort() -> None:
    expected = TRUTH.model_copy(update={"cohort": COHORT})
    made = record(report((2, 0, 0), cohort=GOOD_COHORT | {"male": 0.5}), variant="hard")
    got = {n: c.outcome for n, c in checks(made, expected).items() if n.startswith("cohort.")}
    assert got == {
        "cohort.verdict": "passed",
        "cohort.dominance": "passed",
        "cohort.male": "failed",
        "cohort.crude_gap": "passed",
        "cohort.adjusted_gap": "passed",
    }
