"""Valid look-alikes: which subjects who have no error look as if they had one, by family.

What hides an error instead is a mask, and no look-alike: a row that does not count before the real start
(`courses_treatment`), a death that one source lacks. Masks strike everybody alike and are named nowhere.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.faults_marks import Marks
from fhir_seed.trial_audit.people import Profile
from tasks.trial_audit import Protocol, Tier

_RECORD = (
    "stage_superseded", "stage_after_enrolment", "result_corrected", "offset_across_midnight", "merged_duplicate",
    "screen_failure",
)  # fmt: skip
TRAP_COUNTS: Mapping[Tier, Mapping[str, int]] = {
    "tiny": {
        "late_death": 1, "allowed_delay": 1, "boundary_age": 1, "screen_failure": 1,
    },
    "easy": {"late_death": 5, "boundary_age": 8},
    "medium": {
        "near_death": 4, "late_death": 6, "allowed_delay": 3, "allowed_delay_stage_iv": 2, "boundary_age": 10,
        **dict.fromkeys(_RECORD, 2),
    },
    "hard": {
        "near_death": 5, "late_death": 8, "allowed_delay": 3, "allowed_delay_stage_iv": 4, "boundary_age": 12,
        **dict.fromkeys(_RECORD, 3),
    },
    "extended": {
        "near_death": 2, "late_death": 3, "allowed_delay": 2, "allowed_delay_stage_iv": 2, "boundary_age": 5,
        **dict.fromkeys(_RECORD, 1),
    },
}  # fmt: skip
"""Families by tier. Those with few who fit come first when they are assigned."""

_ORDER = (
    "near_death", "late_death", "allowed_delay_stage_iv", "stage_superseded", "stage_after_enrolment",
    "result_corrected", "offset_across_midnight", "allowed_delay", "merged_duplicate", "boundary_age",
)  # fmt: skip
_TYPES = {
    "near_death": "temporal_inconsistency",
    "late_death": "temporal_inconsistency",
    "boundary_age": "invalid_age",
    "merged_duplicate": "invalid_age",
    "screen_failure": "invalid_age",
}


@dataclass(frozen=True, slots=True)
class TrapDrawn:
    family: str
    marks: Marks

    @property
    def type(self) -> str:
        """The finding type that it tempts."""
        return _TYPES.get(self.family, "protocol_window_violation")


def draw_traps(
    stream: Stream, tier: Tier, protocol: Protocol, people: Sequence[Profile], taken: Collection[int]
) -> dict[int, TrapDrawn]:
    """By position among the enrolled. taken: positions with an error; no subject has both, nor two traps.

    As many of a family as fit: in one tiny world of a thousand every dead subject has an error already.
    """
    traps: dict[int, TrapDrawn] = {}
    counts = TRAP_COUNTS[tier]
    for family in _ORDER:
        fits = _FITS[family]
        pool = [i for i, p in enumerate(people) if i not in taken and i not in traps and fits(protocol, p)]
        for i in stream.sample(pool, min(counts.get(family, 0), len(pool))):
            traps[i] = TrapDrawn(family.removesuffix("_stage_iv"), _DRAW[family](stream, protocol, people[i]))
    return traps


def draw_screen_failure_traps(
    stream: Stream, tier: Tier, protocol: Protocol, screened: Sequence[Profile]
) -> dict[int, TrapDrawn]:
    """By position among the screened: a birth date out of range or missing."""
    chosen = stream.sample(range(len(screened)), TRAP_COUNTS[tier].get("screen_failure", 0))
    return {i: TrapDrawn("screen_failure", _screen_failure(stream, protocol)) for i in chosen}


def _anyone(protocol: Protocol, person: Profile) -> bool:
    return True


def _is_dead(protocol: Protocol, person: Profile) -> bool:
    return person.dead


def _is_dead_stage_iv(protocol: Protocol, person: Profile) -> bool:
    return person.dead and person.stage == 4


def _is_stage_iv(protocol: Protocol, person: Profile) -> bool:
    return person.stage == 4 and person.decoy_stage is None


def _is_behind_utc(protocol: Protocol, person: Profile) -> bool:
    return protocol.sites[person.site].offset_minutes <= -240


_FITS: dict[str, Callable[[Protocol, Profile], bool]] = {
    "near_death": _is_dead_stage_iv,
    "late_death": _is_dead,
    "allowed_delay_stage_iv": _is_stage_iv,
    "stage_superseded": _is_stage_iv,
    "stage_after_enrolment": _is_stage_iv,
    "result_corrected": _is_stage_iv,
    "offset_across_midnight": _is_behind_utc,
    "allowed_delay": _anyone,
    "merged_duplicate": _anyone,
    "boundary_age": _anyone,
}


def _near_death(stream: Stream, protocol: Protocol, person: Profile) -> Marks:
    return Marks(death_gap=stream.integer(1, 3))


def _late_death(stream: Stream, protocol: Protocol, person: Profile) -> Marks:
    return Marks(death_gap=stream.integer(120, 420))


def _allowed_delay(stream: Stream, protocol: Protocol, person: Profile) -> Marks:
    """At the bound or a day before. A stage IV subject whose extension is void has the standard window."""
    if person.stage < 4:
        return Marks(delay=protocol.window - stream.below(2))
    threshold = protocol.comorbidity_threshold
    if threshold is not None and stream.chance(250):
        return Marks(delay=protocol.window - stream.below(2), index=threshold + stream.integer(1, 2))
    return Marks(delay=protocol.stage_iv_window - stream.below(2), index=_lawful_index(stream, protocol))


def _extended(stream: Stream, protocol: Protocol) -> tuple[int, int | None]:
    """A delay that only the extension allows, and an index that does not void it."""
    return stream.integer(protocol.window + 1, protocol.stage_iv_window), _lawful_index(stream, protocol)


def _lawful_index(stream: Stream, protocol: Protocol) -> int | None:
    return None if protocol.comorbidity_threshold is None else stream.integer(0, protocol.comorbidity_threshold)


def _stage_superseded(stream: Stream, protocol: Protocol, person: Profile) -> Marks:
    delay, index = _extended(stream, protocol)
    return Marks(delay=delay, index=index, shape="stage_superseded")


def _stage_after_enrolment(stream: Stream, protocol: Protocol, person: Profile) -> Marks:
    delay, index = _extended(stream, protocol)
    return Marks(delay=delay, index=index, shape="stage_after_enrolment")


def _result_corrected(stream: Stream, protocol: Protocol, person: Profile) -> Marks:
    """The row before the correction says what would void the extension: the index, or without such a rule the stage."""
    delay, index = _extended(stream, protocol)
    return Marks(delay=delay, index=index, shape="stage_corrected" if index is None else "index_corrected")


def _offset_across_midnight(stream: Stream, protocol: Protocol, person: Profile) -> Marks:
    """On the last allowed day at the site, the day after in UTC."""
    index = _lawful_index(stream, protocol)
    allowed = protocol.stage_iv_window if person.stage == 4 else protocol.window
    return Marks(delay=allowed, index=index, shape="offset_across_midnight")


def _merged_duplicate(stream: Stream, protocol: Protocol, person: Profile) -> Marks:
    return Marks(shape="merged_duplicate")


def _boundary_age(stream: Stream, protocol: Protocol, person: Profile) -> Marks:
    inside = stream.below(3)
    return Marks(age=protocol.age_max - inside if stream.chance(500) else protocol.age_min + inside)


def _screen_failure(stream: Stream, protocol: Protocol) -> Marks:
    if stream.chance(300):
        return Marks(birth_date="missing")
    years = stream.integer(1, 5)
    return Marks(age=protocol.age_max + years if stream.chance(500) else protocol.age_min - years)


_DRAW: dict[str, Callable[[Stream, Protocol, Profile], Marks]] = {
    "near_death": _near_death,
    "late_death": _late_death,
    "allowed_delay_stage_iv": _allowed_delay,
    "stage_superseded": _stage_superseded,
    "stage_after_enrolment": _stage_after_enrolment,
    "result_corrected": _result_corrected,
    "offset_across_midnight": _offset_across_midnight,
    "allowed_delay": _allowed_delay,
    "merged_duplicate": _merged_duplicate,
    "boundary_age": _boundary_age,
}
