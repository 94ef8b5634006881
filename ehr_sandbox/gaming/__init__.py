"""Policies that want the reward without the work, and what they earn."""

from ehr_sandbox.gaming.answer import Answer, Claim, Earned, earned
from ehr_sandbox.gaming.play import BOUND, FOLDS, LEARNED, CheatFigure, play_cheats

__all__ = ["BOUND", "FOLDS", "LEARNED", "Answer", "CheatFigure", "Claim", "Earned", "earned", "play_cheats"]
