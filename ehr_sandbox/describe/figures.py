"""The arithmetic behind the plots: quantiles, bins, round axis marks, survival."""

from collections.abc import Iterable, Sequence
from math import ceil, floor, log10

_ROUND = (1, 2, 2.5, 5, 10)


def quantile(ordered: Sequence[float], q: float) -> float:
    """Linear between the two nearest of sorted values; at least one value."""
    at = (len(ordered) - 1) * q
    low = floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def marks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`."""
    if high <= low:
        high = low + 1
    raw = (high - low) / max(1, about)
    power = 10.0 ** floor(log10(raw))
    step = next(power * r for r in _ROUND if power * r >= raw * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def binned(values: Iterable[float], edges: Sequence[float]) -> list[int]:
    """How many values lie in each [edge, next edge); the last bin holds its upper edge too."""
    counts = [0] * (len(edges) - 1)
    step = edges[1] - edges[0]
    for value in values:
        if edges[0] <= value <= edges[-1]:
            counts[min(int((value - edges[0]) / step), len(counts) - 1)] += 1
    return counts


def percent(part: float, whole: float) -> str:
    """`12 %`, `0.4 %`, `>99 %` where rounding would say 100 of what is not all."""
    if not whole:
        return "-"
    share = 100 * part / whole
    if share and share < 1:
        return f"{max(share, 0.1):.1f} %"
    return ">99 %" if 99.5 <= share < 100 else f"{share:.0f} %"


def survival(times: Sequence[tuple[int, bool]]) -> list[tuple[int, float]]:
    """Kaplan and Meier's estimate: (time, share alive after it) at each death. times: (days, died)."""
    left, alive, steps = len(times), 1.0, [(0, 1.0)]
    for time in sorted({t for t, _ in times}):
        here = [died for t, died in times if t == time]
        if any(here):
            alive *= 1 - sum(here) / left
            steps.append((time, alive))
        left -= len(here)
    return steps
