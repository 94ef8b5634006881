"""Agreement as statistics know it: shares with Wilson's interval, Cohen's kappa with its large-sample interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

_Z = 1.959964


@dataclass(frozen=True)
class Share:
    """k of n, with a 95 % interval; all None where n is 0."""

    k: int
    n: int

    @property
    def value(self) -> float | None:
        return round(self.k / self.n, 6) if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's score interval."""
        if not self.n:
            return None
        p, z2 = self.k / self.n, _Z * _Z
        middle = (p + z2 / (2 * self.n)) / (1 + z2 / self.n)
        half = _Z * sqrt(p * (1 - p) / self.n + z2 / (4 * self.n * self.n)) / (1 + z2 / self.n)
        return round(max(0.0, middle - half), 6), round(min(1.0, middle + half), 6)


@dataclass(frozen=True)
class Kappa:
    """None: undefined, because both always gave the same answer (or there were none)."""

    value: float | None
    interval: tuple[float, float] | None


def cohen_kappa(pairs: Sequence[tuple[bool, bool]]) -> Kappa:
    """Of two judges' yes and no about the same things. Interval: kappa -+ 1.96 sqrt(po (1 - po) / (n (1 - pe)^2))."""
    n = len(pairs)
    if not n:
        return Kappa(None, None)
    observed = sum(a == b for a, b in pairs) / n
    first, second = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    expected = first * second + (1 - first) * (1 - second)
    if expected >= 1:
        return Kappa(None, None)
    kappa = (observed - expected) / (1 - expected)
    half = _Z * sqrt(observed * (1 - observed) / n) / (1 - expected)
    return Kappa(round(kappa, 6), (round(max(-1.0, kappa - half), 6), round(min(1.0, kappa + half), 6)))
