"""The committed cards say what the code says."""

from pathlib import Path

import pytest

from ehr_sandbox.cards import constants, write_cards
from ehr_sandbox.validate import IndexReport
from ehr_sandbox.validation_summary import summarise
from tasks.trial_audit import VARIANTS

CARDS = Path(__file__).parents[2] / "docs" / "tasks" / "trial_audit"


def test_every_variant_has_its_card_and_no_other_is_there() -> None:
    assert {path.stem for path in CARDS.glob("*.md")} == set(VARIANTS)


@pytest.mark.parametrize("name", VARIANTS)
def test_constants_of_a_committed_card_are_those_of_the_code(name: str) -> None:
    assert constants(VARIANTS[name]) in (CARDS / f"{name}.md").read_text()


def report(index: int) -> IndexReport:
    return IndexReport(
        task=f"trial_audit/tiny/{index}", digest="d" * 64, problems=(), rewards={"reference": 1.0},
        nets={"reference": 1.0}, resources=100 + index, reference_requests=9, items=5, traps=4, size=10**6,
        kinds={"invalid_age.missing": 1 + index}, families={"late_death": 1}, counts={"Patient": 44},
    )  # fmt: skip


def test_a_card_is_written_from_a_run(tmp_path: Path) -> None:
    (path,) = write_cards(summarise([report(0), report(1)]), tmp_path)
    text = path.read_text()
    assert path == tmp_path / "trial_audit" / "tiny.md"
    assert text.startswith("# trial_audit/tiny\n")
    assert "| `invalid_age.missing` | 1 | 1.5 | 2 |" in text
    assert "100 to 101 resources (mean 100, 1.0 MB of JSON)" in text
    assert constants(VARIANTS["tiny"]) in text
    assert max(map(len, (line for line in text.splitlines() if not line.startswith("|")))) <= 125
