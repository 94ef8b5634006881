"""The additive proper score: what a finding pays, and how the sum becomes `net` and reward. Numbers in, numbers out."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

_WITHOUT_EVIDENCE = 0.85
_FOR_EVIDENCE = 0.15
_FOR_FINDINGS = 0.90
_FOR_REPORT = 0.05
_FOR_EFFICIENCY = 0.05


@dataclass(frozen=True, slots=True)
class Bet:
    """One finding as the score sees it. complete: its evidence covers a minimal set."""

    weight: int
    confidence: float
    right: bool
    complete: bool = False


def payoff(bet: Bet) -> float:
    """Right: w (2p - p^2) (0.85 + 0.15 e); wrong: -w p^2. For e = 1 the honest probability is the best p."""
    p = bet.confidence
    if not bet.right:
        return -bet.weight * p * p
    return bet.weight * (2 * p - p * p) * (_WITHOUT_EVIDENCE + _FOR_EVIDENCE * bet.complete)


def net(bets: Iterable[Bet], total: int) -> float:
    """Sum of payoffs over the weight of all there is to find (> 0); may be negative. The order does not matter."""
    return math.fsum(map(payoff, bets)) / total


def efficiency(requests: int, par: int, budget: int) -> float:
    """1 up to par FHIR requests, falling linearly to 0 at the budget."""
    if requests <= par:
        return 1.0
    return max(0.0, (budget - requests) / (budget - par))


def reward(net: float, report: float, efficiency: float) -> float:
    """max(0, net) scaled by the two small bonuses (shares in 0..1); in 0..1."""
    scale = math.fsum((_FOR_FINDINGS, _FOR_REPORT * report, _FOR_EFFICIENCY * efficiency))
    return min(1.0, max(0.0, net) * scale)
