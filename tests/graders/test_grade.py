"""Whole grades of `trial_audit`: the anchors 1.0 and 0.0, what is unscored, what is refused, and equal bytes."""

from typing import Any

import pytest

from fhir_r4 import Invalid
from graders import explain_trial_audit, grade_mock, grade_trial_audit
from tasks import FhirCall, Finding, RunRecord, Scorecard, Truth, TruthItem, dump_line, read_record
from tasks.mock import BUDGET as MOCK_BUDGET
from tests.helpers.records import (
    AGE,
    COHORT,
    DIGEST,
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
    right_report,
    truth,
)

A, B, C = "ResearchSubject/a", "ResearchSubject/b", "ResearchSubject/c"
TRUTH = truth(item(A), item(B, TEMPORAL), item(B, WINDOW), escalate=("Organization/1",))
HARD = truth(item(A), item(B, TEMPORAL), item(B, WINDOW), cohort=COHORT)


def graded(made: RunRecord, expected: Truth = TRUTH) -> Scorecard:
    return grade_trial_audit(expected, made, world_digest=DIGEST)


def right(expected: Truth = TRUTH) -> list[Finding]:
    return [finding(i.subject, i.type, action=i.corrective_action) for i in expected.items]


def perfect(expected: Truth = TRUTH, variant: str = "tiny") -> RunRecord:
    return record(read(A, B), *map(act, right(expected)), right_report(expected), variant=variant)


@pytest.mark.parametrize(("expected", "variant"), [(TRUTH, "tiny"), (HARD, "hard")])
def test_a_perfect_run_is_exactly_one(expected: Truth, variant: str) -> None:
    card = graded(perfect(expected, variant), expected)
    assert (card.net, card.reward) == (1.0, 1.0)
    assert {c.outcome for c in card.checkpoints} == {"passed"}
    assert card.metrics["predecessor"]["total"] == 1.0


@pytest.mark.parametrize("made", [record(), record(report()), record(read(A), ended=False)])
def test_doing_nothing_is_exactly_zero(made: RunRecord) -> None:
    assert (graded(made).net, graded(made).reward) == (0.0, 0.0)


def test_flagging_everybody_is_zero_with_a_negative_net() -> None:
    crowd = [finding(f"ResearchSubject/{n}", t) for n in range(9) for t in (AGE, TEMPORAL, WINDOW)]
    card = graded(record_of(*crowd))
    assert card.net is not None
    assert card.net < 0
    assert card.reward == 0.0


def test_without_a_report_only_the_findings_and_efficiency_pay() -> None:
    card = graded(record_of(*right()))
    assert (card.net, card.reward, card.cause) == (1.0, 0.95, "closed")


def test_efficiency_counts_requests_by_their_cost() -> None:
    card = graded(record(read(A, B, cost=30), *map(act, right()), right_report(TRUTH)))
    assert (card.metrics["fhir_requests"], card.metrics["efficiency"], card.reward) == (30, 0.5, 0.975)


def test_a_run_that_was_cut_off_is_graded_as_it_stands() -> None:
    whole = perfect()
    cut = record(*whole.events[:3], ended=False)
    card = graded(cut)
    assert (card.cause, card.net, card.metrics["found"]) == ("cut_off", 0.6, 2)


def test_a_failure_of_the_agent_is_graded_as_it_stands() -> None:
    made = record(read(A), act(finding(A)), cause="failed", failed_by="agent")
    assert graded(made).net == 0.4


@pytest.mark.parametrize("failed_by", ["harness", "model_provider", "backend", "task", None])
def test_any_other_failure_is_unscored(failed_by: str | None) -> None:
    made = record(read(A), act(finding(A)), cause="failed", failed_by=failed_by, detail="down")
    card = graded(made)
    assert (card.net, card.reward) == (None, None)
    assert [(c.name, c.outcome, c.because) for c in card.checkpoints] == [("scored", "errored", "down")]
    assert card.metrics["fhir_requests"] == 1


def test_the_same_record_gives_the_same_bytes_from_its_file() -> None:
    made = perfect(HARD, "hard")
    assert made.end is not None
    lines = [dump_line(line) for line in (made.header, *made.events, made.end)]
    first, second = (graded(read_record(lines), HARD).model_dump_json() for _ in range(2))
    assert first == second == graded(made, HARD).model_dump_json()


def test_every_fraction_has_at_most_six_places() -> None:
    card = graded(record_of(finding(A, AGE, 1 / 3, evidence=()), finding(C, AGE, 1 / 7)))
    assert card.net == round(card.net or 0, 6)
    assert card.metrics["brier"] == round(card.metrics["brier"], 6)
    assert card.metrics["calibration"][1]["confidence"] == 0.142857


@pytest.mark.parametrize(
    "changes",
    [
        {"world_digest": "e" * 64},
        {"task": "trial_audit/easy/7"},
        {"task": "trial_audit/vast/7"},
        {"task": "mock/tiny/7"},
        {"fhir_budget": 41},
        {"action_budget": 13},
        {"par": 21},
    ],
)
def test_a_header_of_another_task_or_world_is_refused(changes: dict[str, Any]) -> None:
    made = perfect()
    with pytest.raises(Invalid):
        graded(made.model_copy(update={"header": made.header.model_copy(update=changes)}))


def test_the_refusal_of_another_world_says_what_to_use() -> None:
    with pytest.raises(Invalid, match=r"generator version \(1\) and salt \(public\)"):
        grade_trial_audit(TRUTH, perfect(), world_digest="e" * 64)


def _reordered(made: RunRecord) -> RunRecord:
    return made.model_copy(update={"events": made.events[::-1]})


@pytest.mark.parametrize(
    "made",
    [
        _reordered(perfect()),
        record(read(A), act(finding(A)), findings=()),
        record(read(A), act(finding(A)), findings=(finding(A, confidence=0.5),)),
        record(report(), report={"counts": {}}),
        record(report(), seq=1),
        record_of(finding(A, confidence=1.5)),
        record_of(finding(A, "late")),
        record(act(finding(A)).model_copy(update={"outcome": "refused"})),
        record(report(cohort=GOOD_COHORT)),
        record(report(), variant="hard"),
        record(read(A), report(), act(finding(A))),
        record(report(), report()),
    ],
)
def test_a_corrupted_record_is_refused(made: RunRecord) -> None:
    with pytest.raises(Invalid):
        graded(made)


def test_an_empty_truth_is_refused() -> None:
    with pytest.raises(Invalid, match="nothing to score"):
        graded(record(), truth())


def test_the_hash_is_of_what_was_said_and_not_how() -> None:
    one = record(
        read(A, B),
        act(finding(B, WINDOW, evidence=(A, B))),
        act(finding(A)),
        report(sites=["Organization/2", "http://127.0.0.1:1/episodes/e1/fhir/Organization/1/_history/1"]),
    )
    other = record(
        read(A, B),
        read(C),
        act(finding("Patient/a", id_="F1", evidence=(A,)).model_copy(update={"rationale": "x"})),
        act(finding(B, WINDOW, evidence=(B, A), id_="F2", version=3)),
        report(sites=["Organization/1", "Organization/2"]),
    )
    assert graded(one).findings_sha256 == graded(other).findings_sha256
    said_less = record(*one.events[:-1], report(sites=["Organization/2"]))
    surer = record_of(finding(B, WINDOW, 0.9, evidence=(A, B)), finding(A))
    hashes = {graded(made).findings_sha256 for made in (one, said_less, surer, record(*one.events[:-1]))}
    assert len(hashes) == 4


def test_the_scorecard_says_public_or_sealed() -> None:
    made = perfect()
    sealed = made.model_copy(update={"header": made.header.model_copy(update={"salt": "sealed:0123456789ab"})})
    assert [(graded(m).sealed, graded(m).salt) for m in (made, sealed)] == [
        (False, "public"),
        (True, "sealed:0123456789ab"),
    ]


def test_the_mock_suite_is_graded_by_the_same_steps() -> None:
    wanted = TruthItem(
        subject="Patient/1",
        type="missing_birth_date",
        kind="missing",
        weight=1,
        evidence=(("Patient/1",),),
        corrective_action="query_site",
    )
    expected = Truth(items=(wanted,), traps=(), persons={"Patient/1": "Patient/1"}, counts={"missing_birth_date": 1})
    call: FhirCall = read("Patient/1")
    said = report().model_copy(update={"report": {"counts": {"missing_birth_date": 1}, "narrative": ""}})
    made = record(call, act(finding("Patient/1", "missing_birth_date", action="query_site")), said)
    budgets = {"fhir_budget": MOCK_BUDGET.fhir, "action_budget": MOCK_BUDGET.actions, "par": MOCK_BUDGET.par}
    mock = made.model_copy(update={"header": made.header.model_copy(update={"task": "mock/tiny/0", **budgets})})
    card = grade_mock(expected, mock, world_digest=DIGEST)
    assert (card.reward, {c.outcome for c in card.checkpoints}) == (1.0, {"passed"})


def test_explain_and_grade_agree_on_who_was_found() -> None:
    assert [line.split()[0] for line in explain_trial_audit(TRUTH, perfect())] == ["found"] * 3
