"""A reader with one blind spot loses what that explains, and only that."""

import pytest

import baselines
from ehr_sandbox.ablations import BLIND_TO, AblationSeen, index_problems, variant_problems
from tasks.trial_audit import VARIANTS


def seen(lost: dict[str, int] | None = None, false: dict[str, int] | None = None) -> AblationSeen:
    return AblationSeen(reward=0.5, lost=lost or {}, false=false or {}, traps={})


def test_each_blind_spot_of_the_baselines_is_described() -> None:
    assert BLIND_TO.keys() == baselines.ABLATIONS["trial_audit"].keys()


@pytest.mark.parametrize(
    ("name", "found", "problems"),
    [
        ("ignores_override", seen({"protocol_window_violation.override": 3}), 0),
        ("ignores_override", seen({"protocol_window_violation.window": 1}), 1),
        ("ignores_override", seen(false={"protocol_window_violation": 1}), 1),
        ("does_not_stratify", seen({"invalid_age.missing": 1}), 1),
        ("ignores_status", seen({"protocol_window_violation.window": 1}, {"temporal_inconsistency": 1}), 0),
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
    ("name", "variant", "mean", "problems"),
    [
        ("ignores_override", "hard", 0.9, 0),
        ("ignores_override", "hard", 1.0, 1),
        ("ignores_override", "medium", 1.0, 0),
        ("ignores_override", "medium", 0.9, 1),
        ("does_not_stratify", "hard", 1.0, 1),
        ("does_not_stratify", "tiny", 1.0, 0),
        ("ignores_merges", "hard", 0.9, 0),
    ],
)
def test_a_blind_spot_costs_where_there_is_something_to_see(
    name: str, variant: str, mean: float, problems: int
) -> None:
    assert len(list(variant_problems(name, VARIANTS[variant], mean))) == problems
