"""A reader with one blind spot loses what that explains, and only that."""

from typing import Any

import pytest

import baselines
from ehr_sandbox.ablations import BLIND_TO, AblationSeen, index_problems, variant_problems
from ehr_sandbox.results import RunResult
from tasks.trial_audit import EXTENDED_TYPES, VARIANTS


def seen(lost: dict[str, int] | None = None, false: dict[str, int] | None = None, **more: Any) -> AblationSeen:
    return AblationSeen(reward=0.5, lost=lost or {}, false=false or {}, **({"traps": {}} | more))


def result(actions: int) -> RunResult:
    metrics = {
        "by_kind": {
            "invalid_age.missing": {"items": 2, "found": 1},
            "invalid_age.impossible": {"items": 1, "found": 1},
        },
        "by_type": {"invalid_age": {"false": 3}, "temporal_inconsistency": {"false": 0}},
        "traps": {"boundary_age": {"flagged": 2, "of": 5}, "near_death": {"flagged": 0, "of": 1}},
    }
    return RunResult(
        task="trial_audit/tiny/3", agent="ignores_merges", backend="embedded", status="completed", failed_by=None,
        detail=None, net=0.5, reward=0.5, fhir_requests=7, actions=actions, bytes=1, seconds=0.1, sealed=False,
        findings_sha256=None, record="r", metrics=metrics,
    )  # fmt: skip


@pytest.mark.parametrize(("actions", "is_spent"), [(11, False), (12, True)])
def test_what_was_seen_of_a_reader(actions: int, is_spent: bool) -> None:
    assert AblationSeen.of(result(actions)) == AblationSeen(
        reward=0.5,
        lost={"invalid_age.missing": 1},
        false={"invalid_age": 3},
        traps={"boundary_age": 2},
        there={"boundary_age": 5, "near_death": 1},
        is_spent=is_spent,
    )


def test_every_item_and_type_of_a_blind_spot_exists() -> None:
    kinds = {f"{row.type}.{row.kind}" for variant in VARIANTS.values() for row in (*variant.errors, *variant.extended)}
    kinds |= {"invalid_age.impossible"}
    assert {kind for spot in BLIND_TO.values() for kind in spot.may_lose} <= kinds
    assert {name for spot in BLIND_TO.values() for name in spot.may_add} <= set(EXTENDED_TYPES)


def test_each_blind_spot_of_the_baselines_is_described() -> None:
    assert BLIND_TO.keys() == baselines.ABLATIONS["trial_audit"].keys()


@pytest.mark.parametrize(
    ("name", "found", "problems"),
    [
        ("ignores_override", seen({"protocol_window_violation.override": 3}), 0),
        ("ignores_override", seen({"protocol_window_violation.window": 1}), 1),
        ("ignores_override", seen(false={"protocol_window_violation": 1}), 1),
        ("does_not_stratify", seen({"invalid_age.missing": 1}), 1),
        ("ignores_status", seen({"protocol_window_violation.window": 1}, {"missed_safety_lab": 1}), 0),
        ("ignores_status", seen(false={"temporal_inconsistency": 1}), 1),
        ("ignores_status", seen({"allergy_conflict.order": 1}), 1),
        ("ignores_status", seen({"allergy_conflict.order": 1}, is_spent=True), 0),
        ("ignores_status", seen(false={"allergy_conflict": 1}, is_spent=True), 1),
        ("ignores_merges", seen({"invalid_age.out_of_range": 1}, {"invalid_age": 2}), 0),
        ("ignores_merges", seen({"protocol_window_violation.window": 1}), 1),
        ("ignores_merges", seen(false={"temporal_inconsistency": 1}), 1),
        ("ignores_order_ends", seen(false={"duplicate_therapy": 9}), 0),
        ("ignores_order_ends", seen({"prohibited_conmed.order": 1}), 1),
        ("reads_issued_dates", seen(false={"missed_safety_lab": 9, "duplicate_subject": 1}), 1),
        ("reads_first_codings", seen({"temporal_inconsistency.death_before_treatment": 1}), 1),
        ("reads_date_prefixes", seen(false={"note_structured_mismatch": 1}), 1),
        ("ignores_status", seen({"invalid_age.missing": 1}), 1),
        ("reads_event_deaths", seen({"temporal_inconsistency.death_before_treatment": 1}), 0),
        ("reads_no_notes", seen({"note_structured_mismatch.ecog": 1}), 0),
    ],
)
def test_a_loss_that_the_blind_spot_does_not_explain_is_a_problem(
    name: str, found: AblationSeen, problems: int
) -> None:
    assert len(list(index_problems(name, found))) == problems


@pytest.mark.parametrize(
    ("there", "flagged", "is_spent", "problems"),
    [
        ({"merged_duplicate": 3}, {"merged_duplicate": 1}, False, 0),
        ({"merged_duplicate": 3}, {}, False, 1),
        ({"merged_duplicate": 3}, {"boundary_age": 2}, False, 1),
        ({"merged_duplicate": 3, "merged_patient": 2}, {"merged_patient": 1}, False, 0),
        ({"merged_duplicate": 3}, {}, True, 0),
        ({"boundary_age": 3}, {}, False, 0),
    ],
)
def test_a_reader_that_no_trap_of_its_own_fools_is_not_blind(
    there: dict[str, int], flagged: dict[str, int], is_spent: bool, problems: int
) -> None:
    found = seen(there=there, traps=flagged, is_spent=is_spent)
    assert len(list(index_problems("ignores_merges", found))) == problems


@pytest.mark.parametrize(
    ("name", "variant", "mean", "problems"),
    [
        ("ignores_override", "hard", 0.9, 0),
        ("ignores_override", "hard", 1.0, 1),
        ("ignores_override", "medium", 1.0, 0),
        ("ignores_override", "medium", 0.9, 1),
        ("does_not_stratify", "hard", 1.0, 1),
        ("does_not_stratify", "tiny", 1.0, 0),
        ("ignores_merges", "hard", 0.9, 0),
        ("ignores_merges", "hard-clean", 1.0, 1),
        ("ignores_merges", "medium", 1.0, 1),
        ("ignores_merges", "tiny", 1.0, 0),
        ("ignores_merges", "tiny", 0.9, 0),
        ("ignores_status", "tiny", 1.0, 0),
        ("ignores_status", "tiny", 0.9, 0),
        ("ignores_merges", "easy", 0.99, 1),
        ("ignores_status", "medium", 1.0, 1),
        ("ignores_status", "easy", 0.9, 1),
        ("reads_date_prefixes", "tiny", 0.9, 0),
        ("reads_first_codings", "hard-clean", 0.9, 1),
        ("reads_issued_dates", "hard", 0.9, 1),
        ("reads_issued_dates", "extended", 1.0, 1),
    ],
)
def test_a_blind_spot_costs_where_there_is_something_to_see(
    name: str, variant: str, mean: float, problems: int
) -> None:
    assert len(list(variant_problems(name, VARIANTS[variant], mean))) == problems
