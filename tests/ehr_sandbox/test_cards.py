"""The committed cards say what the code says."""

import re
from pathlib import Path
from typing import Any

import pytest

from ehr_sandbox.ablations import AblationSeen
from ehr_sandbox.cards import constants, measured, write_cards
from ehr_sandbox.gaming import CheatFigure
from ehr_sandbox.probes import CohortSeen
from ehr_sandbox.validate import IndexReport
from ehr_sandbox.validation_summary import PUBLISHED, Gamed, summarise
from tasks.trial_audit import VARIANTS

CARDS = Path(__file__).parents[2] / "docs" / "tasks" / "trial_audit"


def test_every_variant_has_its_card_and_no_other_is_there() -> None:
    assert {path.stem for path in CARDS.glob("*.md")} == set(VARIANTS)


@pytest.mark.parametrize("name", VARIANTS)
def test_constants_of_a_committed_card_are_those_of_the_code(name: str) -> None:
    assert constants(VARIANTS[name]) in (CARDS / f"{name}.md").read_text()


@pytest.mark.parametrize("name", VARIANTS)
def test_a_committed_card_is_of_many_indices_and_asks_for_the_cohort(name: str) -> None:
    text = (CARDS / f"{name}.md").read_text()
    spans = re.findall(r"^Indices (\d+)-(\d+), 0 problems", text, re.MULTILINE)
    assert [int(last) - int(first) + 1 >= PUBLISHED for first, last in spans] == [True]
    assert "Not asked" not in text
    rows = re.findall(r"^\| (?:kind|stage pattern) of the cohort.* of (\d+) \|$", text, re.MULTILINE)
    assert len(rows) == (3 if VARIANTS[name].equity_clause else 0)


def report(index: int, variant: str = "tiny", **more: Any) -> IndexReport:
    return IndexReport(
        task=f"trial_audit/{variant}/{index}", digest="d" * 64, problems=(), rewards={"reference": 1.0},
        nets={"reference": 1.0}, resources=100 + index, reference_requests=9, items=5, traps=4, size=10**6,
        kinds={"invalid_age.missing": 1 + index}, families={"late_death": 1}, counts={"Patient": 44}, **more,
    )  # fmt: skip


def cheat(name: str, learned: int | None, mean: float = 0.01) -> CheatFigure:
    return CheatFigure(
        name=name, says=name, mean=mean, half_width=0.0, mean_net=0.0, worlds=30, is_bounded=True, learned=learned
    )


def rows_of(text: str, start: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(start)]


def test_a_cheat_that_learned_nothing_holds_no_bound() -> None:
    cheats = (cheat("game", None), cheat("taught", 3), cheat("untaught", 0, mean=0.2))
    (summary,) = summarise([report(0)], gamed={"trial_audit/tiny": Gamed(cheats=cheats)})
    text = measured(summary)
    assert summary.problems == ()
    assert rows_of(text, "| `game`")[0].endswith("| - | at most .05 |")
    assert rows_of(text, "| `taught`")[0].endswith("| 3 | at most .05 |")
    assert rows_of(text, "| `untaught`")[0].endswith("| 0 | nothing learned |")


def test_what_was_not_asked_is_said() -> None:
    seen = AblationSeen(reward=0.5, lost={}, false={}, traps={"late_death": 2})
    text = measured(summarise([report(0, "hard", ablations={"ignores_override": seen})])[0])
    assert "Not asked: cheats and the probe for labels (from 30 worlds); the cohort's kind" in text
    assert rows_of(text, "| `ignores_override`")[0].endswith("| - | - | late_death 2.0 |")


def test_a_card_says_how_many_cohorts_were_asked() -> None:
    def cohort(index: int) -> CohortSeen:
        kind = "confounded" if index % 4 else "selection_bias"
        over = 0.1 if kind == "selection_bias" else -0.1
        return CohortSeen(kind=kind, pattern="late" if index % 2 else "middle", over=over, features={"x": index % 5})

    text = measured(summarise([report(index, "hard", cohort=cohort(index)) for index in range(60)])[0])
    assert [row.rsplit("|", 2)[1].strip() for row in rows_of(text, "| kind of the cohort")] == ["15 of 60"] * 2


def test_a_card_is_written_from_a_run(tmp_path: Path) -> None:
    (path,) = write_cards(summarise([report(0), report(1)]), tmp_path)
    text = path.read_text()
    assert path == tmp_path / "trial_audit" / "tiny.md"
    assert text.startswith("# trial_audit/tiny\n")
    assert "| `invalid_age.missing` | 1 | 1.5 | 2 |" in text
    assert "100 to 101 resources (mean 100, 1.0 MB of JSON)" in text
    assert constants(VARIANTS["tiny"]) in text
    assert max(map(len, (line for line in text.splitlines() if not line.startswith("|")))) <= 125
