"""Every cheat on every world that was seen, each answered from what is known of the others, and what it earned."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ehr_sandbox.gaming.answer import Earned, earned
from ehr_sandbox.gaming.games import GAMES, Family, Play, stuffed_report
from ehr_sandbox.gaming.learned import Fit, Rates, best_claims, by_columns, by_words, learn, ways
from ehr_sandbox.probes import WorldView
from tasks import Frozen

BOUND = 0.05
"""On the mean reward of every cheat over many indices."""
FOLDS = 3
_TUNED_ON = 200
"""Worlds on which a family's best answer is sought."""


class CheatFigure(Frozen):
    """half_width: of the 95 % interval of the mean reward; is_bounded: must stay within BOUND; learned: of how many
    types a cheat of `LEARNED` had items enough to learn from, in the fold that had fewest."""

    name: str
    says: str
    mean: float
    half_width: float
    mean_net: float
    worlds: int
    is_bounded: bool
    learned: int | None = None

    @property
    def is_empty(self) -> bool:
        """It learned nothing, so that its figure proves nothing."""
        return self.learned == 0


def _starts(*prefixes: str) -> Callable[[str], bool]:
    return lambda name: name.startswith(prefixes)


LEARNED: Mapping[str, tuple[str, Fit]] = {
    "missing_elements": (
        "which of the elements are absent that most subjects have, the birth date left aside",
        by_columns(_starts("has "), common=True),
    ),
    "sizes": ("bytes by type of resource, length of texts", by_columns(_starts("bytes ", "text "))),
    "counts": ("rows by type, code and status", by_columns(_starts("rows "))),
    "ids": (
        "places of ids and identifiers among all, and in the order of writing, which versions and lastUpdated follow",
        by_columns(_starts("first id", "first written ")),
    ),
    "record_dates": (
        "days, weekdays, minutes and styles of dates of recording",
        by_columns(
            lambda name: (
                name.startswith(("weekday ", "written ", "first "))
                and not name.startswith(("first id", "first written "))
            )
        ),
    ),
    "site": ("the site: its id and its size", by_columns(_starts("site "))),
    "note_words": ("words of the notes, by naive Bayes", by_words),
    "everything": ("all metadata together", by_columns(lambda name: True)),
}


CHEATS = (*GAMES, *LEARNED)


def play_cheats(views: Sequence[WorldView], actions: int) -> list[CheatFigure]:
    """views: of one variant, in the order of their indices, at least FOLDS."""
    return [play_cheat(name, views, actions) for name in CHEATS]


def play_cheat(name: str, views: Sequence[WorldView], actions: int) -> CheatFigure:
    """name: of CHEATS."""
    if name in GAMES:
        game = GAMES[name]
        return _figure(name, game.says, _play_game(game.family, views, actions), is_bounded=game.is_bounded)
    says, fit = LEARNED[name]
    results, learned = _play_learned(fit, views, actions)
    return _figure(name, says, results, learned=learned)


def _folds(views: Sequence[WorldView]) -> list[tuple[list[WorldView], list[WorldView], list[WorldView]]]:
    """(two parts whose truth is known, the part that is played), each part in turn."""
    parts = [list(views[fold::FOLDS]) for fold in range(FOLDS)]
    return [(parts[fold - 2], parts[fold - 1], parts[fold]) for fold in range(FOLDS)]


def _play_game(family: Family, views: Sequence[WorldView], actions: int) -> list[Earned]:
    results = []
    for one, two, played in _folds(views):
        best = _best_of(family, [*one, *two], actions)
        results += [earned(best(view), view, actions) for view in played]
    return results


def _best_of(family: Family, known: Sequence[WorldView], actions: int) -> Play:
    plays = family(known)
    tuned = known[1 : 1 + _TUNED_ON] or known  # the first is what a replay copies
    return plays[max(plays, key=lambda name: sum(earned(plays[name](v), v, actions).reward for v in tuned))]


def _play_learned(fit: Fit, views: Sequence[WorldView], actions: int) -> tuple[list[Earned], int]:
    """With the report, and the bet on the verdict, that pay best beside the claims; and the types learned."""
    results, types = [], []
    for one, two, played in _folds(views):
        learned = learn(fit, one, two)
        way, beside = _best_way(learned, stuffed_report([*one, *two]), two[:_TUNED_ON], actions)
        for view, claims in zip(played, best_claims(learned, played, actions), strict=True):
            results.append(earned(replace(beside(view), claims=ways(claims)[way]), view, actions))
        types.append(len(learned))
    return results, min(types)


def _best_way(
    learned: Mapping[str, Rates], reports: Mapping[str, Play], worlds: Sequence[WorldView], actions: int
) -> tuple[str, Play]:
    """The way to claim and the report that earn most on worlds that nothing was fitted on: first the report alone, then
    the way beside it, then the report beside the way."""
    offers = [(view, ways(claims)) for view, claims in zip(worlds, best_claims(learned, worlds, actions), strict=True)]

    def paid(way: str, report: str) -> float:
        return sum(
            earned(replace(reports[report](view), claims=claims[way]), view, actions).reward for view, claims in offers
        )

    report = max(reports, key=lambda name: paid("nothing", name))
    way = max(offers[0][1], key=lambda name: paid(name, report))
    return way, reports[max(reports, key=lambda name: paid(way, name))]


def _figure(
    name: str, says: str, results: Sequence[Earned], *, is_bounded: bool = True, learned: int | None = None
) -> CheatFigure:
    rewards = [one.reward for one in results]
    spread = statistics.stdev(rewards) if len(rewards) > 1 else 0.0
    return CheatFigure(
        name=name,
        says=says,
        mean=round(statistics.fmean(rewards), 6),
        half_width=round(1.96 * spread / math.sqrt(len(rewards)), 6),
        mean_net=round(statistics.fmean(one.net for one in results), 6),
        worlds=len(results),
        is_bounded=is_bounded,
        learned=learned,
    )
