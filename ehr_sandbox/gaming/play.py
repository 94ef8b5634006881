"""Every cheat on every world that was seen, each answered from what is known of the others, and what it earned."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ehr_sandbox.gaming.answer import Earned, earned
from ehr_sandbox.gaming.games import GAMES, Family, Play, stuffed_report
from ehr_sandbox.gaming.learned import Fit, best_claims, by_columns, by_words, learn
from ehr_sandbox.probes import WorldView
from tasks import Frozen

BOUND = 0.05
"""On the mean reward of every cheat over many indices."""
FOLDS = 3
_TUNED_ON = 30
"""Worlds on which a family's best answer is sought."""


class CheatFigure(Frozen):
    """half_width: of the 95 % interval of the mean reward; is_bounded: must stay within BOUND."""

    name: str
    says: str
    mean: float
    half_width: float
    mean_net: float
    worlds: int
    is_bounded: bool


def _starts(*prefixes: str) -> Callable[[str], bool]:
    return lambda name: name.startswith(prefixes)


LEARNED: Mapping[str, tuple[str, Fit]] = {
    "missing_elements": (
        "which of the elements are absent that most subjects have, the birth date left aside",
        by_columns(_starts("has "), common=True),
    ),
    "sizes": ("bytes by type of resource, length of texts", by_columns(_starts("bytes ", "text "))),
    "counts": ("rows by type, code and status", by_columns(_starts("rows "))),
    "ids": ("places of ids and identifiers among all", by_columns(_starts("first id"))),
    "order": (
        "place in the order of writing: what version and lastUpdated can tell",
        by_columns(_starts("first written ")),
    ),
    "record_dates": (
        "days, weekdays, minutes and styles of dates of recording",
        by_columns(
            lambda name: name.startswith(("weekday ", "written ", "first ")) and not name.startswith("first id")
        ),
    ),
    "site": ("the site: its id and its size", by_columns(_starts("site "))),
    "note_words": ("words of the notes, by naive Bayes", by_words),
    "everything": ("all metadata together", by_columns(lambda name: True)),
}


def play_cheats(views: Sequence[WorldView], actions: int) -> list[CheatFigure]:
    """views: of one variant, in the order of their indices, at least FOLDS."""
    played = {name: _play_game(game.family, views, actions) for name, game in GAMES.items()}
    figures = [_figure(name, GAMES[name].says, played[name], GAMES[name].is_bounded) for name in played]
    for name, (says, fit) in LEARNED.items():
        figures.append(_figure(name, says, _play_learned(fit, views, actions), True))
    return figures


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


def _play_learned(fit: Fit, views: Sequence[WorldView], actions: int) -> list[Earned]:
    """With the best guess of the report, and of the verdict, beside the claims."""
    results = []
    for one, two, played in _folds(views):
        learned = learn(fit, one, two)
        beside = _best_of(stuffed_report, [*one, *two], actions)
        for view in played:
            answer = replace(beside(view), claims=best_claims(learned, view, actions))
            results.append(earned(answer, view, actions))
    return results


def _figure(name: str, says: str, results: Sequence[Earned], is_bounded: bool) -> CheatFigure:
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
    )
