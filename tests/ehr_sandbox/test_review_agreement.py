"""Agreement and kappa, by figures that books print."""

import pytest

from ehr_sandbox.review import Share, cohen_kappa


def judged(both: int, first: int, second: int, neither: int) -> list[tuple[bool, bool]]:
    return [(True, True)] * both + [(True, False)] * first + [(False, True)] * second + [(False, False)] * neither


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        ((20, 5, 10, 15), 0.4),
        ((45, 15, 25, 15), 0.130435),
        ((25, 35, 5, 35), 0.259259),
        ((10, 0, 0, 10), 1.0),
        ((0, 10, 10, 0), -1.0),
        ((5, 5, 5, 5), 0.0),
    ],
)
def test_kappa_is_agreement_beyond_chance(table: tuple[int, int, int, int], kappa: float) -> None:
    assert cohen_kappa(judged(*table)).value == kappa


def test_kappas_interval_is_cohens() -> None:
    """po .7, pe .5, n 50: a standard error of sqrt(.7 x .3 / 50) / .5 = .1296."""
    assert cohen_kappa(judged(20, 5, 10, 15)).interval == pytest.approx((0.14596, 0.65404), abs=1e-4)


@pytest.mark.parametrize("pairs", [[], judged(9, 0, 0, 0), judged(0, 0, 0, 9)])
def test_kappa_is_undefined_where_chance_explains_all(pairs: list[tuple[bool, bool]]) -> None:
    assert cohen_kappa(pairs).value is None


@pytest.mark.parametrize(
    ("k", "n", "interval"),
    [
        (8, 10, (0.490162, 0.943318)),
        (0, 10, (0.0, 0.277533)),
        (10, 10, (0.722467, 1.0)),
        (50, 100, (0.403832, 0.596168)),
    ],
)
def test_wilsons_interval(k: int, n: int, interval: tuple[float, float]) -> None:
    assert Share(k, n).interval == pytest.approx(interval, abs=1e-5)
    assert Share(k, n).value == k / n


def test_no_rows_no_share() -> None:
    assert (Share(0, 0).value, Share(0, 0).interval) == (None, None)
