"""The cohort verdict: exact cells, margins, decoys, and the figures that follow from them."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product

import pytest

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.cells import ARM, Kind, Shape, draw_cells
from fhir_seed.trial_audit.cells_allocate import UNIT, allocate
from fhir_seed.trial_audit.cohort import Cohort, draw_cohort
from fhir_seed.trial_audit.cohort_figures import Figures, figures, verdict
from fhir_seed.trial_audit.people import jitter
from fhir_seed.trial_audit.plan import Arm, Group, Sex
from tasks.trial_audit import EquityThresholds

EQUITY = [
    EquityThresholds(dominance=d, male=m, gap=g) for d, m, g in ((68, 56, 12), (70, 60, 15), (72, 63, 18), (68, 63, 18))
]
SEEDS = range(60)


@cache
def cohort(seed: int) -> Cohort:
    return draw_cohort(Stream(seed.to_bytes(4, "big"), "cells"), EQUITY[seed % 4], (1,) * 15)


def test_every_seed_has_the_verdict_of_its_kind() -> None:
    for seed in SEEDS:
        drawn = cohort(seed)
        assert verdict(figures(drawn.people), EQUITY[seed % 4]) == drawn.notes["kind"]


def test_kinds_shapes_and_patterns_all_occur() -> None:
    notes = [cohort(seed).notes for seed in SEEDS]
    assert {n["kind"] for n in notes} == {"selection_bias", "confounded", "none"}
    assert {n["shape"] for n in notes} == {"3/4", "2/3"}
    assert {n["why"] for n in notes} == {"None", "dominance", "male", "gap", "reversed"}
    assert {n["treatment"].split(":")[0] for n in notes} == {"twin", "mixed"}
    assert {n["decoys"] for n in notes} == {"entered_in_error", "after_enrolment"}


@pytest.mark.parametrize("equity", EQUITY, ids=lambda e: f"{e.dominance}-{e.male}-{e.gap}")
@pytest.mark.parametrize(("kind", "shape"), list(product(("selection_bias", "confounded"), ("3/4", "2/3"))))
def test_margins_of_the_cells(kind: Kind, shape: Shape, equity: EquityThresholds) -> None:
    cells = draw_cells(Stream(b"margins", f"{kind}{shape}"), kind, equity, shape)
    (n0, n1), (d0, d1) = cells.sizes, cells.deaths
    assert sum(n0) + sum(n1) == ARM
    assert min(*n0, *n1) >= 6
    gaps = [Fraction(b, n) - Fraction(a, m) for a, b, m, n in zip(d0, d1, n0, n1, strict=True)]
    adjusted = sum((gap * (m + n) for gap, m, n in zip(gaps, n0, n1, strict=True)), Fraction(0)) / ARM
    over = adjusted - Fraction(equity.gap, 100)
    assert over > Fraction(44, 1000) if kind == "selection_bias" else over < Fraction(-64, 1000)


def test_arms_are_exactly_half_and_the_control_arm_has_every_group_recorded() -> None:
    for seed in SEEDS:
        people = cohort(seed).people
        assert Counter(p.arm for p in people) == {"control": ARM, "treatment": ARM}
        assert all(p.group != "unknown" for p in people if p.arm == "control")


def test_decoys_have_equal_counts_in_both_patterns() -> None:
    for seed in SEEDS:
        drawn = cohort(seed)
        if drawn.notes["kind"] != "none":
            shown = [p for p in drawn.people if p.arm == "control" and p.decoy_stage]
            assert Counter(p.dead for p in shown) == {False: 34, True: 10}
            assert sum(p.group == drawn.notes["dominant"] for p in shown) == 22
            assert all(p.decoy_stage != p.stage for p in shown)


def test_decoys_leave_the_careless_stage_by_death_table_as_it_is() -> None:
    for seed in SEEDS:
        control = [p for p in cohort(seed).people if p.arm == "control"]
        assert Counter((p.stage, p.dead) for p in control) == Counter(
            (p.decoy_stage or p.stage, p.dead) for p in control
        )


def test_allocation_is_one_of_all_that_are_possible() -> None:
    n1, n0, deaths, d1_total = (20, 24, 40, 16), (66, 77, 61, 56), (4, 8, 16, 46), 30
    low = 150 * UNIT // 1000
    d1 = allocate(Stream(b"", "x"), n1, n0, deaths, d1_total, (low, None))
    gap = sum(
        (Fraction(d, n) - Fraction(all_ - d, m)) * (n + m) for d, all_, n, m in zip(d1, deaths, n1, n0, strict=True)
    )
    assert sum(d1) == d1_total
    assert all(max(0, all_ - m) <= d <= min(n, all_) for d, all_, n, m in zip(d1, deaths, n1, n0, strict=True))
    assert gap / sum(n1 + n0) > Fraction(149_999, 1_000_000)


def test_jitter_keeps_the_sum_and_the_width() -> None:
    stream = Stream(b"", "x")
    for _ in range(200):
        out = jitter(stream, (10, 20, 30), 3)
        assert sum(out) == 60
        assert all(abs(a - b) <= 3 for a, b in zip(out, (10, 20, 30), strict=True))


@dataclass(frozen=True)
class Someone:
    group: Group
    dead: bool
    stage: int = 1
    sex: Sex = "male"
    arm: Arm | None = "control"


def test_figures_of_a_small_arm() -> None:
    arm = [Someone("white", i < 1) for i in range(10)] + [Someone("black", i < 3, sex="female") for i in range(5)]
    others = [Someone("asian", True, arm="treatment"), Someone("unknown", True), Someone("asian", True, stage=4)]
    found = figures(arm + others)
    assert found == Figures(
        dominance=Fraction(10, 16), male=Fraction(11, 16), crude_gap=Fraction(4, 6) - Fraction(1, 10),
        adjusted_gap=Fraction(3, 5) - Fraction(1, 10),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("dominance", "male", "crude", "adjusted", "expected"),
    [
        (70, 60, 15, 15, "selection_bias"),
        (70, 60, 15, 14, "confounded"),
        (69, 60, 15, 15, "none"),
        (70, 59, 15, 15, "none"),
        (70, 60, 14, 30, "none"),
    ],
)
def test_verdict_counts_a_figure_at_its_threshold_as_reached(
    dominance: int, male: int, crude: int, adjusted: int, expected: str
) -> None:
    found = Figures(*(Fraction(x, 100) for x in (dominance, male, crude, adjusted)))
    assert verdict(found, EQUITY[1]) == expected
