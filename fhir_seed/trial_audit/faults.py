"""Which subjects carry which error: counts per index, then subjects who fit, blind to arm, site and order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.faults_marks import UNMARKED, BirthDate, Marks
from fhir_seed.trial_audit.people import INDEX_WEIGHTS, Profile
from tasks.trial_audit import ErrorMean, Protocol, Variant

_YEARS_OUT = (1, 2, 5)
_ORDER = ("override", "death_before_treatment", "window", "missing", "out_of_range")
"""Rows with the fewest who fit come first."""


@dataclass(frozen=True, slots=True)
class Fault:
    """kind: the row of counts, or `impossible` (of out_of_range): a birth date in the future, an age over 110."""

    type: str
    kind: str


@dataclass(frozen=True, slots=True)
class Faults:
    """By position of the person."""

    faults: Mapping[int, tuple[Fault, ...]]
    marks: Mapping[int, Marks]


def draw_counts(stream: Stream, variant: Variant) -> list[tuple[ErrorMean, int]]:
    """n = max(1, round(mean x U(.7, 1.3))); some variants have one more of a drawn row now and then."""
    counts = [max(1, (row.mean * stream.integer(700, 1300) + 500) // 1000) for row in variant.errors]
    if variant.one_more and stream.chance(variant.one_more):
        counts[stream.below(len(counts))] += 1
    return list(zip(variant.errors, counts, strict=True))


def draw_faults(stream: Stream, variant: Variant, protocol: Protocol, people: Sequence[Profile]) -> Faults:
    faults: dict[int, tuple[Fault, ...]] = {}
    marks: dict[int, Marks] = {}
    counts = sorted(draw_counts(stream, variant), key=lambda row: _ORDER.index(row[0].kind))
    for row, count in counts:
        for _ in range(count):
            i = _choose(stream, row, people, faults, variant.doubles)
            fault, asked = _DRAW[row.kind](stream, protocol, people[i], marks.get(i, UNMARKED))
            faults[i] = (*faults.get(i, ()), fault)
            marks[i] = asked
    return Faults(faults, marks)


def _choose(
    stream: Stream, row: ErrorMean, people: Sequence[Profile], faults: Mapping[int, tuple[Fault, ...]], doubles: int
) -> int:
    fits = [i for i, p in enumerate(people) if _FITS[row.kind](p)]
    if stream.chance(doubles):
        single = [i for i in fits if len(faults.get(i, ())) == 1 and faults[i][0].type != row.type]
        if single:
            return stream.choice(single)
    return stream.choice([i for i in fits if i not in faults])


def _anyone(_: Profile) -> bool:
    return True


def _is_dead(person: Profile) -> bool:
    return person.dead


def _is_stage_iv(person: Profile) -> bool:
    return person.stage == 4


_FITS: dict[str, Callable[[Profile], bool]] = {
    "override": _is_stage_iv,
    "death_before_treatment": _is_dead,
    "window": _anyone,
    "missing": _anyone,
    "out_of_range": _anyone,
}


def _out_of_range(stream: Stream, protocol: Protocol, person: Profile, marks: Marks) -> tuple[Fault, Marks]:
    drawn = stream.below(2 * len(_YEARS_OUT) + 2)
    if drawn >= 2 * len(_YEARS_OUT):
        impossible: BirthDate = "future" if drawn % 2 else "ancient"
        return Fault("invalid_age", "impossible"), replace(marks, birth_date=impossible)
    years = _YEARS_OUT[drawn // 2]
    age = protocol.age_max + years if drawn % 2 else protocol.age_min - years
    return Fault("invalid_age", "out_of_range"), replace(marks, age=age)


def _missing(stream: Stream, protocol: Protocol, person: Profile, marks: Marks) -> tuple[Fault, Marks]:
    return Fault("invalid_age", "missing"), replace(marks, birth_date="missing")


def _death(stream: Stream, protocol: Protocol, person: Profile, marks: Marks) -> tuple[Fault, Marks]:
    fault = Fault("temporal_inconsistency", "death_before_treatment")
    return fault, replace(marks, death_gap=-stream.integer(10, 240))


def _window(stream: Stream, protocol: Protocol, person: Profile, marks: Marks) -> tuple[Fault, Marks]:
    allowed = protocol.stage_iv_window if person.stage == 4 else protocol.window
    return Fault("protocol_window_violation", "window"), replace(marks, delay=allowed + stream.integer(2, 18))


def _override(stream: Stream, protocol: Protocol, person: Profile, marks: Marks) -> tuple[Fault, Marks]:
    """The index is distributed as among all whose index is over the threshold, or its value alone would tell."""
    threshold = protocol.comorbidity_threshold
    assert threshold is not None, "override errors need a comorbidity threshold"
    delay = stream.integer(protocol.window + 1, protocol.stage_iv_window)
    index = threshold + 1 + stream.weighted(INDEX_WEIGHTS[threshold + 1 :])
    return Fault("protocol_window_violation", "override"), replace(marks, delay=delay, index=index)


_DRAW: dict[str, Callable[[Stream, Protocol, Profile, Marks], tuple[Fault, Marks]]] = {
    "override": _override,
    "death_before_treatment": _death,
    "window": _window,
    "missing": _missing,
    "out_of_range": _out_of_range,
}
