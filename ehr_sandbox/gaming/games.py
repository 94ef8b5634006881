"""Cheats that read nothing: games of confidence and of numbers, answers of other indices, stuffed reports.

Each is a family of answers; which of them is played on an index is what paid best on other indices.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ehr_sandbox.gaming.answer import Answer, Claim
from ehr_sandbox.probes import DEAD, WITHOUT_EXTENSION, WorldView

Play = Callable[[WorldView], Answer]
Family = Callable[[Sequence[WorldView]], Mapping[str, Play]]
"""From worlds whose truth is known to the answers that may be given, by name."""

_CONFIDENCES = (0.005, 0.02, 0.05, 0.1, 0.3, 1.0)
_NUMBERS = (1, 5, 1000)
_BETS = (0.0, 0.2, 0.36, 0.5, 0.7, 1.0)
_MARGINS = 3
"""Figures of the cohort that are read on the way: both shares and the crude gap."""
_MARGINAL_BETS = (0.3, 0.5, 0.7, 1.0)
_FEW = (1, 2, 3, 5, 1000)
_DEMAND_BETS = (0.1, 0.2, 0.3, 0.5, 1.0)
_TINY = (0.001, 0.005, 0.01, 0.02, 0.05)
BEST_REPORT_SITES = ("none", "all")


def rates_of(worlds: Sequence[WorldView]) -> dict[str, float]:
    """Share of subjects with an item of each type."""
    subjects = sum(len(view.subjects) for view in worlds)
    return {name: sum(view.counts[name] for view in worlds) / subjects for name in sorted(worlds[0].counts)}


def mean_counts(worlds: Sequence[WorldView]) -> dict[str, int]:
    return {name: round(sum(v.counts[name] for v in worlds) / len(worlds)) for name in sorted(worlds[0].counts)}


def one_type(worlds: Sequence[WorldView]) -> Mapping[str, Play]:
    """The same type and confidence for the first so many subjects by id; a few at full confidence gamble."""
    types = sorted(worlds[0].counts)

    def play(type_: str, confidence: float, number: int) -> Play:
        return lambda view: Answer(tuple(Claim(row, type_, confidence) for row in range(len(view.subjects))[:number]))

    return {f"{t} {p} x {k}": play(t, p, k) for t, p, k in product(types, _CONFIDENCES, _NUMBERS)}


def all_types(worlds: Sequence[WorldView]) -> Mapping[str, Play]:
    """Subject by subject every type, at one confidence: brute force as far as the actions reach."""
    return {f"all types {p}": _everything_at(p) for p in _CONFIDENCES}


def tiny_confidence(worlds: Sequence[WorldView]) -> Mapping[str, Play]:
    """Everything at a tiny confidence: each wrong claim costs next to nothing."""
    return {f"tiny {p}": _everything_at(p) for p in _TINY}


def hedging(worlds: Sequence[WorldView]) -> Mapping[str, Play]:
    """Every type on the same subjects, each at its base rate or a multiple of it."""
    rates = rates_of(worlds)

    def play(factor: float) -> Play:
        return lambda view: _grid(view, {name: min(1.0, factor * rate) for name, rate in rates.items()})

    return {f"rates x {factor}": play(factor) for factor in (0.5, 1.0, 2.0, 10.0)}


def flag_all(worlds: Sequence[WorldView]) -> Mapping[str, Play]:
    """Every type for each subject at full confidence."""
    return {"flag all": _everything_at(1.0)}


def replay_places(worlds: Sequence[WorldView]) -> Mapping[str, Play]:
    """Another index's answer at the same places in the order of ids."""
    answer = [(item.row, item.type) for item in worlds[0].items]

    def play(confidence: float) -> Play:
        return lambda view: Answer(tuple(Claim(r, t, confidence) for r, t in answer if r < len(view.subjects)))

    return {f"places {p}": play(p) for p in _CONFIDENCES}


def replay_ids(worlds: Sequence[WorldView]) -> Mapping[str, Play]:
    """Another index's answer by the ids of its subjects: whom this world does not have is refused."""
    answer = [(other.subjects[item.row], item.type) for other in worlds[:5] for item in other.items]

    def play(view: WorldView) -> Answer:
        row_of = {subject: row for row, subject in enumerate(view.subjects)}
        return Answer(tuple(Claim(row_of[subject], type_, 1.0) for subject, type_ in answer if subject in row_of))

    return {"ids": play}


def stuffed_report(worlds: Sequence[WorldView]) -> Mapping[str, Play]:
    """No finding, the most likely counts, no site or all of them, and a bet on the cohort's verdict if one is asked."""
    counts = mean_counts(worlds)
    verdicts = sorted({view.verdict or "none" for view in worlds})

    def play(sites: str, verdict: str, bet: float) -> Play:
        return lambda view: Answer((), counts, _sites(view, sites), verdict, bet)

    found = product(BEST_REPORT_SITES, verdicts, _BETS)
    return {f"report {s} {v} {b}": play(s, v, b) for s, v, b in found}


def cohort_by_margins(worlds: Sequence[WorldView]) -> Mapping[str, Play]:
    """Reads the cohort's marginal figures, which settle `none`, and tosses a coin between the other two verdicts.

    Published, not bounded: the shares and the crude gap are work that is asked for, and decide .60 of the verdicts.
    """
    counts = mean_counts(worlds)

    def play(verdict: str, bet: float) -> Play:
        def answer(view: WorldView) -> Answer:
            if view.verdict == "none":
                return Answer((), counts, (), "none", 1.0, _MARGINS)
            return Answer((), counts, (), verdict, bet, _MARGINS)

        return answer

    if worlds[0].verdict is None:
        return {"nothing is asked": lambda view: Answer()}
    found = product(("confounded", "selection_bias"), _MARGINAL_BETS)
    return {f"margins {verdict} {bet}": play(verdict, bet) for verdict, bet in found}


def missing_birth_dates(worlds: Sequence[WorldView]) -> Mapping[str, Play]:
    """Flags whoever has no birth date and reads nothing else: published, not bounded, for it is a finding."""

    def play(view: WorldView) -> Answer:
        return Answer(tuple(Claim(row, "invalid_age", 1.0) for row in view.missing_birth_date))

    return {"missing": play}


def the_dead(worlds: Sequence[WorldView]) -> Mapping[str, Play]:
    """Flags the dead, in the order of their ids, and reads no date: published, not bounded, for the rule demands it."""
    return _of_demand(worlds, DEAD, "temporal_inconsistency")


def stage_iv_high_index(worlds: Sequence[WorldView]) -> Mapping[str, Play]:
    """Flags Stage IV over the threshold of the comorbidity index and reads no date: published, not bounded."""
    return _of_demand(worlds, WITHOUT_EXTENSION, "protocol_window_violation")


def _of_demand(worlds: Sequence[WorldView], demand: str, type_: str) -> Mapping[str, Play]:
    """The first so many of those who meet what a rule demands, at one confidence."""
    if type_ not in worlds[0].counts:
        return {"nothing is asked": lambda view: Answer()}

    def play(number: int, confidence: float) -> Play:
        return lambda view: Answer(tuple(Claim(row, type_, confidence) for row in view.meets[demand][:number]))

    return {f"{k} at {p}": play(k, p) for k, p in product(_FEW, _DEMAND_BETS)}


@dataclass(frozen=True)
class Game:
    says: str
    family: Family
    is_bounded: bool = True


GAMES: Mapping[str, Game] = {
    "flag_all": Game("every type for each subject at confidence 1", flag_all),
    "brute_force": Game("subject by subject every type at the best one confidence, as far as actions reach", all_types),
    "tiny_confidence": Game("the same at confidences of .05 and less", tiny_confidence),
    "one_type": Game("one type, one confidence, the first 1, 5 or all subjects by id; the best of them", one_type),
    "hedging": Game("every type on the same subjects at (multiples of) its base rate", hedging),
    "replay_places": Game("another index's answer at the same places in the order of ids", replay_places),
    "replay_ids": Game("another index's answers by id", replay_ids),
    "stuffed_report": Game("no finding; the best guess of every field of the report, verdict included", stuffed_report),
    "cohort_by_margins": Game(
        "the verdict from shares and crude gap, then a coin", cohort_by_margins, is_bounded=False
    ),
    "missing_birth_dates": Game("flags missing birth dates alone", missing_birth_dates, is_bounded=False),
    "the_dead": Game(
        "who is dead, no date read: the first few or all, at the best confidence", the_dead, is_bounded=False
    ),
    "stage_iv_high_index": Game(
        "who is Stage IV with too high an index for the extension, no date read", stage_iv_high_index, is_bounded=False
    ),
}


def _everything_at(confidence: float) -> Play:
    return lambda view: _grid(view, dict.fromkeys(view.counts, confidence))


def _grid(view: WorldView, confidences: Mapping[str, float]) -> Answer:
    rows = range(len(view.subjects))
    return Answer(tuple(Claim(row, type_, p) for row in rows for type_, p in confidences.items()))


def _sites(view: WorldView, which: str) -> tuple[str, ...]:
    return view.sites if which == "all" else ()
