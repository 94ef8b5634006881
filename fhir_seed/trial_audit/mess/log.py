"""What the mess did to a world. It stays with the operator: never in the world, never given to an agent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tasks.trial_audit import MessLevel


class Touch(NamedTuple):
    """One resource that a phenomenon changed, added or took away. before, after: in short; empty where is none."""

    phenomenon: str
    reference: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Tally:
    """units: how many could be struck; hits: how many were drawn; touched: how many of the log's touches are of it.

    Fewer are touched than hit where another phenomenon was there first, or the hit finds nothing to change.
    """

    units: int
    hits: int
    touched: int


@dataclass(frozen=True, slots=True)
class MessLog:
    """aliases: a Patient that the mess added -> the Patient that it stands for, itself if nothing says so."""

    level: MessLevel
    touches: tuple[Touch, ...]
    tallies: Mapping[str, Tally]
    aliases: Mapping[str, str]

    def of(self, phenomenon: str) -> tuple[Touch, ...]:
        return tuple(touch for touch in self.touches if touch.phenomenon == phenomenon)


CLEAN = MessLog("clean", (), {}, {})
