"""The figures beside the score on one small run."""

from graders.judge import score_findings
from graders.metrics import calibration, finding_metrics, traps_by_family, usage_metrics
from tasks import Trap
from tasks.trial_audit import KAHN, WEIGHTS
from tests.helpers.records import AGE, TEMPORAL, WINDOW, finding, item, read, record, record_of, refused, truth

A, B, C, D = (f"ResearchSubject/{x}" for x in "abcd")
TRUTH = truth(
    item(A, AGE),
    item(B, AGE, kind="missing"),
    item(B, WINDOW),
    item(C, TEMPORAL),
    traps=[
        Trap(subject=D, type=WINDOW, family="allowed_delay"),
        Trap(subject=A, type=WINDOW, family="allowed_delay"),
        Trap(subject=A, type=TEMPORAL, family="late_death"),
    ],
)
RUN = record_of(
    finding(A, AGE, 0.9),
    finding(B, AGE, 0.5, evidence=(), action="exclude_subject"),
    finding(C, WINDOW, 0.2),
    finding(D, WINDOW, 1.0),
)
SCORE = score_findings(TRUTH, RUN, WEIGHTS)
METRICS = finding_metrics(TRUTH, SCORE, WEIGHTS)


def test_totals() -> None:
    assert {k: METRICS[k] for k in ("precision", "recall", "f1", "found", "false", "items")} == {
        "precision": 0.5,
        "recall": 0.5,
        "f1": 0.5,
        "found": 2,
        "false": 2,
        "items": 4,
    }


def test_recall_by_category_of_data_quality() -> None:
    assert finding_metrics(TRUTH, SCORE, WEIGHTS, KAHN)["by_category"] == {
        "conformance_relational": {"found": 0, "items": 1, "recall": 0.0},
        "plausibility_atemporal": {"found": 2, "items": 2, "recall": 1.0},
        "plausibility_temporal": {"found": 0, "items": 1, "recall": 0.0},
    }
    assert METRICS["by_category"] == {}


def test_by_type_and_kind() -> None:
    assert METRICS["by_type"][AGE] == {
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
        "found": 2,
        "false": 0,
        "items": 2,
    }
    assert METRICS["by_type"][TEMPORAL]["precision"] is None
    assert METRICS["by_type"][WINDOW]["false"] == 2
    assert {kind: row["recall"] for kind, row in METRICS["by_kind"].items()} == {
        f"{AGE}.missing": 1.0,
        f"{AGE}.out_of_range": 1.0,
        f"{WINDOW}.window": 0.0,
        f"{TEMPORAL}.death_before_treatment": 0.0,
    }


def test_confusion_puts_each_claim_and_each_unclaimed_item_once() -> None:
    nothing = {AGE: 0, TEMPORAL: 0, WINDOW: 0, "none": 0}
    assert METRICS["confusion"] == {
        AGE: nothing | {AGE: 2},
        TEMPORAL: nothing,
        WINDOW: nothing | {TEMPORAL: 1, "none": 1},
        "none": nothing | {WINDOW: 1},
    }


def test_subject_level_forgives_the_type() -> None:
    assert METRICS["subjects"] == {"precision": 0.75, "recall": 1.0, "f1": 6 / 7}


def test_evidence_and_actions_are_shares_of_the_right_findings() -> None:
    assert (METRICS["evidence_share"], METRICS["corrective_actions_right"]) == (0.5, 0.5)


def test_traps_flagged_by_family() -> None:
    assert traps_by_family(TRUTH, SCORE) == {
        "allowed_delay": {"flagged": 1, "of": 2},
        "late_death": {"flagged": 0, "of": 1},
    }


def test_calibration_has_ten_bins_and_the_last_is_closed() -> None:
    bins = calibration(SCORE.judged)
    assert len(bins) == 10
    assert {n: (b["n"], b["confidence"], b["right"]) for n, b in enumerate(bins) if b["n"]} == {
        2: (1, 0.2, 0.0),
        5: (1, 0.5, 1.0),
        9: (2, 0.95, 0.5),
    }
    assert bins[0] == {"from": 0.0, "to": 0.1, "n": 0, "confidence": None, "right": None}


def test_a_decimal_confidence_falls_into_its_own_bin() -> None:
    made = score_findings(TRUTH, record_of(finding(A, AGE, 0.29), finding(B, AGE, 0.3), finding(C, AGE, 0.7)), WEIGHTS)
    assert [n for n, b in enumerate(calibration(made.judged)) if b["n"]] == [2, 3, 7]


def test_nothing_claimed_leaves_shares_open() -> None:
    empty = finding_metrics(TRUTH, score_findings(TRUTH, record(), WEIGHTS), WEIGHTS)
    assert (empty["precision"], empty["recall"], empty["f1"], empty["brier"], empty["evidence_share"]) == (
        None,
        0.0,
        0.0,
        None,
        None,
    )


def test_usage_counts_what_the_record_holds() -> None:
    made = record(read(A, B, size=300), read(status=404, size=50), refused(), refused("malformed"))
    assert usage_metrics(made) == {
        "fhir_requests": 2,
        "fhir_errors": 1,
        "bytes": 350,
        "retrieved": 2,
        "actions": 2,
        "actions_refused": 1,
        "actions_malformed": 1,
    }
