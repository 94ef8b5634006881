"""Policies that want the reward without the work, and what they earn."""

from ehr_sandbox.gaming.answer import Answer, Claim, Earned, earned
from ehr_sandbox.gaming.play import BOUND, CHEATS, FOLDS, LEARNED, CheatFigure, play_cheat, play_cheats

__all__ = [
    "BOUND",
    "CHEATS",
    "FOLDS",
    "LEARNED",
    "Answer",
    "CheatFigure",
    "Claim",
    "Earned",
    "earned",
    "play_cheat",
    "play_cheats",
]
