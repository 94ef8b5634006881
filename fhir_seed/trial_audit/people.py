"""Who takes part: the attributes of each person that are never written again (arm, site, sex, group, stage, death)."""

from collections.abc import Sequence
from dataclasses import dataclass

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.draw_protocol import SITES
from fhir_seed.trial_audit.plan import Arm, Group, Sex
from tasks.trial_audit import Variant

STAGES = (1, 2, 3, 4)
_STAGE_RATES = (24, 28, 28, 20)
_DEATH_RATES = (4, 8, 16, 32)
_ARM_RISK = {"control": 100, "treatment": 92}
_GROUPS: tuple[Group, ...] = (
    "white", "black", "hispanic", "asian", "native_american", "pacific_islander", "unknown",
)  # fmt: skip
_GROUP_WEIGHTS = (560, 140, 140, 90, 20, 20, 30)
INDEX_WEIGHTS = (18, 24, 22, 15, 10, 7, 4)
"""How often each comorbidity index occurs, from 0."""
UNKNOWN_GROUP = 30
"""Per mille of subjects whose group is not recorded."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One person as drawn. arm None: screened, never enrolled.

    decoy_stage: the stage that a row which must not count shows, on hard; else None.
    """

    arm: Arm | None
    site: int
    sex: Sex
    group: Group
    stage: int
    dead: bool
    decoy_stage: int | None = None


def site_weights(stream: Stream) -> tuple[int, ...]:
    return tuple(stream.integer(60, 140) for _ in range(SITES))


def jitter(stream: Stream, base: Sequence[int], width: int) -> list[int]:
    """Integers within `width` of base, with the same sum."""
    moves = [stream.integer(-width, width) for _ in base]
    while excess := sum(moves):
        i = stream.below(len(base))
        step = -1 if excess > 0 else 1
        if abs(moves[i] + step) <= width:
            moves[i] += step
    return [b + m for b, m in zip(base, moves, strict=True)]


def draw_people(stream: Stream, variant: Variant, weights: Sequence[int]) -> list[Profile]:
    """The enrolled at base rates, exactly half in each arm, in random order."""
    n = variant.enrolled
    halves: list[Arm] = ["control" if i < n // 2 else "treatment" for i in range(n)]
    arms = stream.shuffled(halves)
    totals = jitter(stream, _quota(stream, n), max(1, n // 40))
    stages = stream.shuffled([stage for stage, total in zip(STAGES, totals, strict=True) for _ in range(total)])
    dead = _draw_deaths(stream, arms, stages)
    return [
        Profile(arms[i], stream.weighted(weights), _draw_sex(stream), _draw_group(stream), stages[i], i in dead)
        for i in range(n)
    ]


def draw_screen_failures(stream: Stream, variant: Variant, weights: Sequence[int]) -> list[Profile]:
    return [
        Profile(
            None,
            stream.weighted(weights),
            _draw_sex(stream),
            _draw_group(stream),
            STAGES[stream.weighted(_STAGE_RATES)],
            False,
        )
        for _ in range(variant.screened)
    ]


def _quota(stream: Stream, n: int) -> list[int]:
    totals = [n * rate // 100 for rate in _STAGE_RATES]
    for _ in range(n - sum(totals)):
        totals[stream.weighted(_STAGE_RATES)] += 1
    return totals


def _draw_deaths(stream: Stream, arms: Sequence[Arm], stages: Sequence[int]) -> set[int]:
    dead: set[int] = set()
    for stage, rate in zip(STAGES, _DEATH_RATES, strict=True):
        pool = [i for i, s in enumerate(stages) if s == stage]
        expected = sum(_ARM_RISK[arms[i]] for i in pool) * rate  # in ten-thousandths of a death
        for _ in range(expected // 10_000 + (stream.below(10_000) < expected % 10_000)):
            dead.add(pool.pop(stream.weighted([_ARM_RISK[arms[i]] for i in pool])))
    return dead


def _draw_sex(stream: Stream) -> Sex:
    return "male" if stream.chance(520) else "female"


def _draw_group(stream: Stream) -> Group:
    return _GROUPS[stream.weighted(_GROUP_WEIGHTS)]
