"""Cells of one arm of hard: group x stage sizes and deaths as exact counts.

Everything that a single table shows is drawn blind to the kind; the kind only decides how the stage pattern of the
groups and the mortality shape are paired, and how the deaths inside the stages fall on the groups.
"""

from dataclasses import dataclass
from typing import Literal

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.cells_allocate import NO_RESERVE, UNIT, Reserve, allocate
from fhir_seed.trial_audit.people import jitter
from tasks.trial_audit import EquityThresholds

ARM = 360
Engine = Literal["selection_bias", "confounded"]
Kind = Literal["selection_bias", "confounded", "none"]
Shape = Literal["3/4", "2/3"]
"""Between which stages mortality jumps."""
Pattern = Literal["late", "middle", "even"]
"""late: the rest moved into stage IV; middle: into stage III."""

STAGE_TOTALS = (86, 101, 101, 72)
SHAPES: dict[Shape, tuple[int, int, int, int]] = {"3/4": (4, 8, 16, 46), "2/3": (4, 8, 45, 32)}
PAIRED: dict[tuple[Engine, Shape], Pattern] = {
    ("confounded", "3/4"): "late",  # the pattern crosses the jump: the stage mix explains the gap
    ("confounded", "2/3"): "middle",
    ("selection_bias", "3/4"): "middle",  # it does not: nothing is explained
    ("selection_bias", "2/3"): "late",
}
TRADES: dict[Pattern, tuple[tuple[int, int, int, int], ...]] = {
    "late": ((4, 3, 7, 4), (2, 3, 10, 1)),
    "middle": ((3, 4, 7, 4), (3, 2, 10, 1)),
}
"""Decoy rows: (stage of the rest, stage of the dominant, pairs alive, pairs dead). Equal counts in the two patterns, or
they name the pattern."""
BIAS_MIN = 45 * UNIT // 1000
CONFOUNDED_MAX = -65 * UNIT // 1000
"""The adjusted gap against its threshold."""
_TREATMENT_RISK = 92
_WHY = ("dominance", "male", "gap", "reversed")


@dataclass(frozen=True, slots=True)
class Cells:
    """sizes and deaths: [group][stage]; group 0 is the dominant one, stage index 0..3. why: which reason of `none`."""

    sizes: tuple[tuple[int, ...], tuple[int, ...]]
    deaths: tuple[tuple[int, ...], tuple[int, ...]]
    men: int
    pattern: Pattern
    engine: Engine | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class _Targets:
    """In ten-thousandths."""

    share: int
    male: int
    gap: int
    engine: Engine
    why: str | None
    pattern: Pattern


def draw_cells(stream: Stream, kind: Kind, equity: EquityThresholds, shape: Shape, *, twin: bool = False) -> Cells:
    """One arm with the drawn kind. twin: the look-alike treatment arm, deaths x .92, no promise about its verdict."""
    aim = _draw_targets(stream, kind, equity, shape)
    dominant = ARM * aim.share // 10_000 if aim.why == "dominance" else -(-ARM * aim.share // 10_000)
    men = ARM * aim.male // 10_000 if aim.why == "male" else -(-ARM * aim.male // 10_000)
    minority = ARM - dominant
    totals = jitter(stream, STAGE_TOTALS, 3)
    n1 = _stage_pattern(stream, aim.pattern, minority, totals)
    n0 = [t - n for t, n in zip(totals, n1, strict=True)]
    scale = _TREATMENT_RISK if twin else 100
    deaths = [((d + stream.integer(-1, 1)) * scale + 50) // 100 for d in SHAPES[shape]]
    # crude gap g <=> deaths of the rest = even share + g K, K = minority * dominant / ARM
    wanted = minority * (10_000 * sum(deaths) + aim.gap * dominant)
    d1_total = -(-wanted // (10_000 * ARM)) if aim.gap > equity.gap * 100 else wanted // (10_000 * ARM)
    bounds: tuple[int | None, int | None] = (None, None)
    if aim.why in (None, "male") and not twin:
        threshold = equity.gap * UNIT // 100
        bias = aim.engine == "selection_bias"
        bounds = (threshold + BIAS_MIN, None) if bias else (None, threshold + CONFOUNDED_MAX)
    reserve = _reserve(aim.pattern) if kind != "none" and not twin else NO_RESERVE
    d1 = allocate(stream, n1, n0, deaths, d1_total, bounds, reserve)
    return Cells(
        sizes=(tuple(n0), tuple(n1)),
        deaths=(tuple(d - e for d, e in zip(deaths, d1, strict=True)), tuple(d1)),
        men=men,
        pattern=aim.pattern,
        engine=aim.engine,
        why=aim.why,
    )


def draw_mixed_cells(stream: Stream, shape: Shape) -> Cells:
    """A treatment arm without a group effect: dominant group 35-46 %, half men."""
    totals = jitter(stream, STAGE_TOTALS, 3)
    dominant = ARM * 35 // 100 + stream.below(40)
    chosen = stream.sample([s for s in range(4) for _ in range(totals[s])], dominant)
    n0 = [chosen.count(s) for s in range(4)]
    deaths = [((d + stream.integer(-2, 2)) * _TREATMENT_RISK + 50) // 100 for d in SHAPES[shape]]
    d0 = [sum(i < n0[s] for i in stream.sample(range(totals[s]), deaths[s])) for s in range(4)]
    return Cells(
        sizes=(tuple(n0), tuple(t - n for t, n in zip(totals, n0, strict=True))),
        deaths=(tuple(d0), tuple(d - e for d, e in zip(deaths, d0, strict=True))),
        men=stream.integer(ARM * 45 // 100, ARM * 55 // 100),
        pattern="even",
        engine=None,
    )


def _draw_targets(stream: Stream, kind: Kind, equity: EquityThresholds, shape: Shape) -> _Targets:
    share = equity.dominance * 100 + stream.integer(200, 500)
    male = equity.male * 100 + stream.integer(200, 600)
    gap = equity.gap * 100 + stream.integer(400, 600)
    if kind != "none":
        return _Targets(share, male, gap, kind, None, PAIRED[kind, shape])
    why = stream.choice(_WHY)
    engine: Engine = "selection_bias" if stream.chance(500) else "confounded"
    if why == "dominance":
        share -= stream.integer(800, 1300)
        # a large minority in stage III has too few deaths there for the crude gap
        engine = "confounded" if shape == "3/4" else engine
    if why == "male":
        male -= stream.integer(1000, 1500)
    if why == "gap":
        gap = equity.gap * 100 - stream.integer(600, 1100)
    if why == "reversed":
        gap = -gap
    return _Targets(share, male, gap, engine, why, "even" if why == "reversed" else PAIRED[engine, shape])


def _stage_pattern(stream: Stream, pattern: Pattern, minority: int, totals: list[int]) -> list[int]:
    """The rest per stage: the even spread, moved along the pattern by whole subjects in proportion to K."""
    pairs = minority * (ARM - minority)  # K = pairs / ARM
    move = [0, 0, 0, 0]  # in hundredths of a subject
    if pattern == "late":
        early = _rounded(45 * pairs, 1000 * ARM) + stream.integer(-1, 1)
        third = _rounded(25 * pairs, 100 * ARM) + stream.integer(-1, 0)
        move = [-46 * early, -54 * early, -100 * third, 100 * (early + third)]
    elif pattern == "middle":
        early = _rounded(42 * pairs, 100 * ARM) + stream.integer(-1, 1)
        fourth = _rounded(5 * pairs, 100 * ARM) + stream.integer(-1, 1)
        move = [-46 * early, -54 * early, 100 * (early + fourth), -100 * fourth]
    n1 = [_rounded(100 * minority * t + ARM * m, 100 * ARM) for t, m in zip(totals, move, strict=True)]
    n1[2 if pattern == "middle" else 3] += minority - sum(n1)
    return n1


def _reserve(pattern: Pattern) -> Reserve:
    need = [[[0] * 4 for _ in range(2)] for _ in range(2)]
    for rest, dominant, alive, dead in TRADES.get(pattern, ()):
        for state, pairs in ((0, alive), (1, dead)):
            need[1][state][rest - 1] += pairs
            need[0][state][dominant - 1] += pairs
    return need


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
