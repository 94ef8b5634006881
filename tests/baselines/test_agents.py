import baselines
from baselines import AGENTS


def test_public_names_are_sorted_and_there() -> None:
    assert baselines.__all__ == sorted(baselines.__all__)
    assert all(hasattr(baselines, name) for name in baselines.__all__)


def test_every_suite_has_its_agents() -> None:
    assert set(AGENTS) == {"mock", "trial_audit"}
    assert set(AGENTS["trial_audit"]) == {
        "constant",
        "flag_all",
        "heuristic",
        "label_blind",
        "naive",
        "noop",
        "random",
        "reference",
    }
