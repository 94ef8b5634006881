"""The equity clause on small control arms (section 6)."""

from typing import Any

import pytest

from fhir_r4 import Invalid
from fhir_seed.trial_audit.oracle import recompute
from tasks import CohortTruth
from tests.helpers.chart import (
    BLACK,
    EQUITY,
    HISPANIC,
    PROTOCOL,
    WHITE,
    Json,
    dose,
    group,
    merged,
    patient,
    stage,
    subject,
    written,
)


def members(name: str, number: int, dead: int, at_stage: int | None, women: int = 0, **changes: Any) -> list[Json]:
    """Control subjects with the same group and stage; the first `dead` died long after treatment."""
    chart = []
    for n in range(number):
        id_ = f"{name}-{n}"
        died = {"deceasedDateTime": "2024-01-01"} if n < dead else {}
        gender = "female" if n < women else "male"
        chart += [
            patient(id_, gender=gender, **(died | changes)),
            subject(f"s-{id_}", of=id_, assignedArm="Standard"),
            dose(f"m-{id_}", of=id_),
        ]
        chart += [stage(at_stage, f"o-{id_}", of=id_)] if at_stage else []
    return chart


def cohort(*charts: list[Json]) -> CohortTruth:
    found = recompute(written(*(r for chart in charts for r in chart)), EQUITY).cohort
    assert found is not None
    return found


def white(name: str, number: int, dead: int, at_stage: int | None = 2, **changes: Any) -> list[Json]:
    return members(name, number, dead, at_stage, extension=group(WHITE), **changes)


def black(name: str, number: int, dead: int, at_stage: int | None = 2, **changes: Any) -> list[Json]:
    return members(name, number, dead, at_stage, extension=group(BLACK), **changes)


def test_no_equity_clause_no_verdict() -> None:
    assert recompute(written(*white("w", 2, 0)), PROTOCOL).cohort is None


def test_a_gap_that_stays_within_stages_is_selection_bias() -> None:
    assert cohort(white("w", 15, 3), black("b", 5, 2)) == CohortTruth(
        verdict="selection_bias", weight=5, dominance=0.75, male=1.0, crude_gap=0.2, adjusted_gap=0.2
    )


def test_a_gap_that_stages_explain_is_confounded() -> None:
    low = (white("w1", 15, 0, 1), black("b1", 5, 0, 1))
    high = (white("w4", 25, 15, 4), black("b4", 10, 6, 4))
    got = cohort(*low, *high)
    assert (got.verdict, got.adjusted_gap) == ("none", 0.0)
    more = cohort(*low, *high, white("w1b", 30, 0, 1), black("b4b", 5, 3, 4))
    assert (more.verdict, more.dominance, more.crude_gap, more.adjusted_gap) == (
        "confounded",
        round(70 / 90, 6),
        round(9 / 20 - 15 / 70, 6),
        0.0,
    )


def test_stages_weigh_by_all_their_subjects_and_small_ones_are_left_out() -> None:
    big = (white("w1", 15, 0, 1), black("b1", 5, 1, 1))  # 20 subjects, gap 1/5
    small = (white("w2", 5, 0, 2), black("b2", 5, 4, 2))  # 10 subjects, gap 4/5
    tiny = (white("w3", 15, 0, 3), black("b3", 4, 4, 3))  # left out: 4 of the rest
    unstaged = white("w0", 3, 3, None)
    assert cohort(*big, *small, *tiny, unstaged).adjusted_gap == round((20 * 0.2 + 10 * 0.8) / 30, 6)


def test_no_stage_large_enough_gives_an_adjusted_gap_of_zero() -> None:
    assert cohort(white("w", 12, 0), black("b", 4, 4)).adjusted_gap == 0.0


@pytest.mark.parametrize(
    ("charts", "verdict"),
    [
        ([white("w", 14, 0), black("b", 6, 6)], "selection_bias"),  # dominance exactly .70
        ([white("w", 13, 0), black("b", 6, 6)], "none"),
        ([white("w", 14, 0, women=8), black("b", 6, 6)], "selection_bias"),  # 12 of 20 men: exactly .60
        ([white("w", 14, 0, women=9), black("b", 6, 6)], "none"),
        ([white("w", 80, 0), black("b", 20, 3)], "selection_bias"),  # both gaps exactly .15
        ([white("w", 80, 1), black("b", 20, 3)], "none"),
        ([white("w", 14, 14), black("b", 6, 0)], "none"),  # reversed
    ],
)
def test_thresholds_are_inclusive(charts: list[list[Json]], verdict: str) -> None:
    assert cohort(*charts).verdict == verdict


def test_a_death_before_treatment_still_counts() -> None:
    early = black("b", 5, 0, deceasedDateTime="2023-03-02")
    assert cohort(white("w", 15, 0), early).crude_gap == 1.0


def test_ethnicity_goes_before_race() -> None:
    hispanic = members("h", 5, 0, 2, extension=group(WHITE, ethnicity=HISPANIC))
    other = members("n", 5, 0, 2, extension=group(WHITE, ethnicity="2186-5"))
    assert cohort(white("w", 10, 0), hispanic, other).dominance == 0.75


@pytest.mark.parametrize(
    "unknown",
    [
        None,
        [],
        group(),
        group("UNK", system="http://terminology.hl7.org/CodeSystem/v3-NullFlavor"),
        [{"url": "urn:other"}],
        group(ethnicity="2186-5"),
    ],
)
def test_a_subject_without_a_group_is_left_out_of_all_figures(unknown: list[Json] | None) -> None:
    known = (white("w", 15, 3), black("b", 5, 2))
    assert cohort(*known, members("u", 7, 7, 2, women=7, extension=unknown)) == cohort(*known)


def test_only_enrolled_control_subjects_count_and_a_duplicate_is_no_second_one() -> None:
    known = [*white("w", 15, 3), *black("b", 5, 2)]
    treated = [patient("t", extension=group(BLACK)), subject("s-t", of="t")]
    screened = [patient("n", extension=group(BLACK)), subject("s-n", of="n", start=None, assignedArm="Standard")]
    duplicate = [merged("d", into="b-4", extension=group(WHITE), deceasedDateTime="2024-01-01")]
    assert cohort(known, treated, screened, duplicate) == cohort(known)


def test_minorities_are_one_rest() -> None:
    asian = members("a", 3, 1, 2, extension=group("2028-9"))
    assert cohort(white("w", 15, 3), black("b", 2, 1), asian).crude_gap == 0.2


@pytest.mark.parametrize(
    ("charts", "words"),
    [
        ([white("w", 3, 0)], "two recorded groups"),
        ([members("m", 1, 0, 2, extension=group(WHITE, BLACK))], "several race categories"),
    ],
)
def test_an_arm_without_figures_is_refused(charts: list[list[Json]], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        cohort(*charts)


def test_figures_are_rounded_to_six_places() -> None:
    assert cohort(white("w", 14, 1), black("b", 7, 2)).crude_gap == 0.214286
