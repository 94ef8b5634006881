"""The formulas, with numbers worked out by hand, and their properties."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.score import Bet, efficiency, net, payoff, reward

PROBABILITY = st.integers(0, 1000).map(lambda n: n / 1000)


@pytest.mark.parametrize(
    ("bet", "pays"),
    [
        (Bet(2, 1.0, True, True), 2.0),
        (Bet(2, 1.0, True, False), 1.7),
        (Bet(1, 0.5, True, True), 0.75),
        (Bet(1, 0.5, True, False), 0.6375),
        (Bet(2, 0.0, True, True), 0.0),
        (Bet(2, 1.0, False), -2.0),
        (Bet(2, 0.5, False), -0.5),
        (Bet(5, 0.1, False, True), -0.05),
        (Bet(2, 0.0, False), 0.0),
    ],
)
def test_payoff(bet: Bet, pays: float) -> None:
    assert payoff(bet) == pytest.approx(pays, abs=1e-12)


def test_net_is_the_sum_over_the_weight_of_all_there_is() -> None:
    assert net([Bet(2, 1.0, True, True), Bet(1, 1.0, False)], 4) == 0.25
    assert net([Bet(1, 1.0, False)], 4) == -0.25
    assert net([], 4) == 0.0


@pytest.mark.parametrize(("requests", "expected"), [(0, 1.0), (20, 1.0), (21, 0.95), (30, 0.5), (40, 0.0), (41, 0.0)])
def test_efficiency_falls_from_par_to_the_budget(requests: int, expected: float) -> None:
    assert efficiency(requests, par=20, budget=40) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("net_", "report", "frugal", "expected"),
    [(1.0, 1.0, 1.0, 1.0), (1.0, 0.0, 0.0, 0.9), (0.5, 1.0, 0.0, 0.475), (-3.0, 1.0, 1.0, 0.0), (0.0, 1.0, 1.0, 0.0)],
)
def test_reward(net_: float, report: float, frugal: float, expected: float) -> None:
    assert round(reward(net_, report, frugal), 12) == expected


def test_a_perfect_run_is_exactly_one_and_an_empty_one_exactly_zero() -> None:
    perfect = net([Bet(2, 1.0, True, True)] * 9 + [Bet(1, 1.0, True, True)] * 17, 35)
    assert (reward(perfect, 1.0, 1.0), reward(net([], 35), 1.0, 1.0)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("recall", "precision", "expected"), [(0.95, 0.97, 0.88), (0.8, 0.9, 0.68), (0.6, 0.7, 0.38), (0.5, 0.5, 0.24)]
)
def test_the_spread_of_honest_readers(recall: float, precision: float, expected: float) -> None:
    """1,000 items of one weight, full evidence, confidence = precision, half of both bonuses."""
    right = round(1000 * recall)
    wrong = round(right / precision) - right
    bets = [Bet(1, precision, True, True)] * right + [Bet(1, precision, False)] * wrong
    assert reward(net(bets, 1000), 0.5, 0.5) == pytest.approx(expected, abs=0.02)


@settings(deadline=None)
@given(chance=PROBABILITY, said=PROBABILITY, weight=st.integers(1, 5))
def test_honest_confidence_is_best_for_net_with_full_evidence(chance: float, said: float, weight: int) -> None:
    assert _expected(chance, said, weight) <= _expected(chance, chance, weight) + 1e-12


def test_the_reward_may_pay_for_overconfidence_where_net_is_negative() -> None:
    """It is cut off at zero: who stands to lose the rest gains by betting all. Statistics and training use net."""

    def expected(said: float, of: Callable[[float], float]) -> float:
        won, lost = (net([Bet(1, said, right, True)], 1) for right in (True, False))
        return 0.3 * of(won) + 0.7 * of(lost)

    honest, bold = (expected(said, lambda n: reward(n, 1.0, 1.0)) for said in (0.3, 1.0))
    assert bold > honest
    honest, bold = (expected(said, lambda n: n) for said in (0.3, 1.0))
    assert honest > bold


@settings(deadline=None)
@given(chance=PROBABILITY, said=st.integers(1, 1000).map(lambda n: n / 1000))
def test_with_full_evidence_a_finding_pays_if_it_is_right_more_often_than_half_its_confidence(
    chance: float, said: float
) -> None:
    gain = _expected(chance, said, 1)
    assert (gain > 1e-9) == (chance > said / 2 + 1e-9) or abs(chance - said / 2) < 1e-6


@settings(deadline=None)
@given(chance=PROBABILITY, said=st.integers(1, 1000).map(lambda n: n / 1000))
def test_without_evidence_the_bar_is_the_one_of_the_brief(chance: float, said: float) -> None:
    gain = _expected(chance, said, 1, complete=False)
    bar = said / (1.7 + 0.15 * said)
    assert (gain > 0) == (chance > bar) or abs(chance - bar) < 1e-6


def _expected(chance: float, said: float, weight: int, *, complete: bool = True) -> float:
    return chance * payoff(Bet(weight, said, True, complete)) + (1 - chance) * payoff(Bet(weight, said, False))
