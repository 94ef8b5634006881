from fractions import Fraction

import pytest

from baselines.trial_audit.cohort import Figures, Member, figures, recorded_group, verdict
from baselines.trial_audit.protocol import Equity
from tests.baselines.charts import person

EQUITY = Equity("A", Fraction(7, 10), Fraction(56, 100), Fraction(15, 100), Fraction(15, 100), 5)


def block(group: str, stage: int, alive: int, dead: int) -> list[Member]:
    return [Member(group, True, died, stage) for died, size in ((False, alive), (True, dead)) for _ in range(size)]


def test_stage_mix_explains_a_crude_gap() -> None:
    population = block("w", 1, 72, 8) + block("w", 4, 10, 10) + block("b", 1, 9, 1) + block("b", 4, 10, 10)
    found = figures(population, EQUITY)
    assert found.dominance == Fraction(100, 130)
    assert found.crude_gap == Fraction(11, 30) - Fraction(18, 100)
    assert found.adjusted_gap == 0
    assert verdict(found, EQUITY) == "confounded"


def test_the_published_cohort_gives_its_published_figures() -> None:
    rest, dominant = (10, 10, 55, 16), (79, 89, 44, 57)
    dead_rest, dead_dominant = (3, 3, 14, 13), (2, 6, 3, 34)
    population = [
        member
        for group, sizes, dead in (("b", rest, dead_rest), ("w", dominant, dead_dominant))
        for stage, (size, died) in enumerate(zip(sizes, dead, strict=True), 1)
        for member in block(group, stage, size - died, died)
    ]
    found = figures(population, EQUITY)
    assert [round(float(f), 3) for f in (found.dominance, found.crude_gap, found.adjusted_gap)] == [0.747, 0.195, 0.227]
    assert verdict(found, EQUITY) == "selection_bias"


def test_a_stage_with_four_of_either_group_is_left_out() -> None:
    population = block("w", 1, 10, 0) + block("b", 1, 5, 5) + block("w", 2, 0, 10) + block("b", 2, 4, 0)
    assert figures(population, EQUITY).adjusted_gap == Fraction(1, 2)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ((70, 56, 15, 15), "selection_bias"),
        ((70, 56, 15, 14), "confounded"),
        ((69, 56, 15, 15), "none"),
        ((70, 55, 15, 15), "none"),
        ((70, 56, 14, 15), "none"),
    ],
)
def test_at_least_means_equal_is_enough(shares: tuple[int, int, int, int], expected: str) -> None:
    assert verdict(Figures(*(Fraction(share, 100) for share in shares)), EQUITY) == expected


def test_an_empty_population_has_no_verdict_to_give() -> None:
    assert verdict(figures([], EQUITY), EQUITY) == "none"


@pytest.mark.parametrize(("group", "expected"), [("hispanic", "2135-2"), ("black", "2054-5"), (None, None)])
def test_group_is_ethnicity_then_race(group: str | None, expected: str | None) -> None:
    assert recorded_group(person("p", group=group)[0]) == expected
