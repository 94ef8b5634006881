"""The rest's deaths per stage under fixed margins: all integer solutions, one taken at random among the even ones."""

from collections.abc import Sequence
from itertools import product

from fhir_seed.stream import Stream

UNIT = 10**9
"""Gaps in this module are in billionths, rounded down per stage."""
_EVEN = (7 * UNIT // 100) ** 2
"""Largest variance of the gap over stages (weighted) of a solution taken at random."""
_LIMIT = 9 * UNIT

Reserve = Sequence[Sequence[Sequence[int]]]
"""[group][alive, dead][stage]: subjects that the decoy trades need; group 0 is the dominant one."""
NO_RESERVE: Reserve = (((0,) * 4,) * 2,) * 2


def allocate(
    stream: Stream,
    n1: Sequence[int],
    n0: Sequence[int],
    deaths: Sequence[int],
    d1_total: int,
    bounds: tuple[int | None, int | None] = (None, None),
    reserve: Reserve = NO_RESERVE,
) -> list[int]:
    """Deaths of the rest per stage. n1, n0: sizes of rest and dominant group; bounds of the adjusted gap in UNIT.

    The Mantel-Haenszel gap is the same for all solutions: the margins fix it.
    """
    low = -_LIMIT if bounds[0] is None else bounds[0]
    high = _LIMIT if bounds[1] is None else bounds[1]
    ranges = [_range(n1[s], n0[s], deaths[s], [[reserve[g][a][s] for a in (0, 1)] for g in (0, 1)]) for s in range(4)]
    terms = [_terms(n1[s], n0[s], deaths[s], sum(n1) + sum(n0), ranges[s]) for s in range(4)]
    even: list[tuple[int, ...]] = []
    best: tuple[int, tuple[int, ...]] | None = None
    last = ranges[3]
    for a, b in product(ranges[0], ranges[1]):
        mean_ab, square_ab = terms[0][a][0] + terms[1][b][0], terms[0][a][1] + terms[1][b][1]
        rest = d1_total - a - b
        for c in range(max(ranges[2].start, rest - last.stop + 1), min(ranges[2].stop, rest - last.start + 1)):
            mean_c, square_c = terms[2][c]
            mean_d, square_d = terms[3][rest - c]
            adjusted = mean_ab + mean_c + mean_d
            if not low <= adjusted <= high:
                continue
            uneven = (square_ab + square_c + square_d) * UNIT - adjusted * adjusted
            if uneven <= _EVEN:
                even.append((a, b, c, rest - c))
            elif best is None or uneven < best[0]:
                best = uneven, (a, b, c, rest - c)
    if even:
        return list(stream.choice(even))
    assert best is not None, "no allocation: parameters out of range"
    return list(best[1])


def _range(n1: int, n0: int, deaths: int, need: Sequence[Sequence[int]]) -> range:
    """d1 with room for the reserve: d1 and n1 - d1 in the rest, deaths - d1 and n0 - (deaths - d1) in the dominant."""
    low = max(0, deaths - n0, need[1][1], deaths - n0 + need[0][0])
    high = min(n1, deaths, n1 - need[1][0], deaths - need[0][1])
    return range(low, high + 1)


def _terms(n1: int, n0: int, deaths: int, total: int, ds: range) -> dict[int, tuple[int, int]]:
    """d1 -> (weighted gap, weighted square of the gap), both in UNIT."""
    weight = n1 + n0
    pairs = n1 * n0
    out = {}
    for d1 in ds:
        cross = d1 * n0 - (deaths - d1) * n1
        out[d1] = weight * cross * UNIT // (pairs * total), weight * cross * cross * UNIT // (pairs * pairs * total)
    return out
