"""A short run says what it could not ask."""

from pathlib import Path
from typing import Any

import pytest

from ehr_sandbox.gaming import CheatFigure
from ehr_sandbox.not_asked import not_asked
from ehr_sandbox.probes import FEWEST_COHORTS, FEWEST_ITEMS, ProbeFigure
from ehr_sandbox.validate import IndexReport
from ehr_sandbox.validation_summary import ENOUGH, FEWEST, AblationFigure, VariantSummary, summarise

CHEAT = CheatFigure(
    name="flag_all", says="flags all", mean=0.0, half_width=0.0, mean_net=-1.0, worlds=30, is_bounded=True, learned=None
)


def summary(variant: str, *probes: str, indices: int = 20, **more: Any) -> VariantSummary:
    report = IndexReport(
        task=f"{variant}/0", digest="d", problems=(), rewards={}, nets={}, resources=1, reference_requests=1, items=2,
        traps=0, kinds={"invalid_age.out_of_range": 1, "protocol_window_violation.window": 1, "renal_dosing.order": 1},
    )  # fmt: skip
    figures = [ProbeFigure(name=name, auc=0.5, error=0.01, bound=0.05, count=30, rows=60) for name in probes]
    reader = AblationFigure(
        name="ignores_units", mean=1.0, half_width=0.0, indices=indices, lost={}, false={}, traps={}
    )
    (found,) = summarise([report])
    return found.model_copy(update={"probes": tuple(figures), "ablations": (reader,)} | more)


AGE, WINDOW, RENAL = "items of kind age", "items of kind window", "items of kind renal_dosing"
WORLDS = "cheats and the probe for labels (from 30 worlds)"
COHORT = "the cohort's kind and stage pattern (from 30 cohorts with either kind)"
LABELS = "the probe for labels of renal_dosing, window (from 20 items)"
READERS = "whether each blind spot costs something (from 20 indices)"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (summary("trial_audit/tiny", indices=6), (WORLDS, READERS)),
        (summary("trial_audit/hard"), (WORLDS, COHORT)),
        (summary("trial_audit/hard", "kind of the cohort", AGE, WINDOW, RENAL, cheats=(CHEAT,)), ()),
        (summary("trial_audit/tiny", AGE, cheats=(CHEAT,)), (LABELS,)),
        (summary("mock/tiny", indices=1), ()),
    ],
)  # fmt: skip
def test_what_was_not_asked(found: VariantSummary, said: tuple[str, ...]) -> None:
    assert not_asked(found) == said


def test_from_how_many_on_is_in_the_docs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    for words in (
        f"| 40 | {ENOUGH} |",
        f"| {FEWEST} worlds |",
        f"| {FEWEST} worlds, {FEWEST_ITEMS} items of the kind |",
        f"| {FEWEST_COHORTS} cohorts with either kind |",
    ):
        assert words in text
