"""What every index of a search parameter can do. Documents are dense integers, added in rising order."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import Any

from fhir_r4 import Clause

Test = Callable[[int], bool]
Posting = Collection[int]

_SMALL = 8


def frozen(posting: Posting) -> Posting:
    """Short postings as tuples, long ones as sets, so that membership is cheap and memory small."""
    return tuple(posting) if len(posting) <= _SMALL else frozenset(posting)


def union(postings: list[Posting]) -> Posting:
    if not postings:
        return ()
    if len(postings) == 1:
        return postings[0]
    return frozenset().union(*postings)


class ParameterIndex(ABC):
    """An index either selects the documents that match, or gives a test to scan them with."""

    __slots__ = ("_forward",)

    def __init__(self) -> None:
        self._forward: dict[int, list[Any]] | None = None

    @abstractmethod
    def add(self, n: int, key: Any) -> None:
        """Index one row of document n."""

    @abstractmethod
    def freeze(self) -> None:
        """Make the index compact; nothing is added afterwards."""

    @abstractmethod
    def rows(self) -> list[tuple[int, Any]]:
        """(document, sort key) of every row."""

    def select(self, clause: Clause) -> Posting | None:
        """The documents that have any of the clause's values; None if `test` must be used."""
        return None

    def test(self, clause: Clause) -> Test:
        raise NotImplementedError

    def forward(self) -> dict[int, list[Any]]:
        """document -> its sort keys; made when first asked for, and again after an addition."""
        if self._forward is None:
            self._forward = {}
            for n, key in self.rows():
                self._forward.setdefault(n, []).append(key)
        return self._forward

    def sort_keys(self, numbers: list[int], descending: bool) -> list[Any]:
        """Per document the least of its sort keys, or the greatest if descending; None if it has no value."""
        forward, pick = self.forward(), max if descending else min
        return [pick(forward[n]) if n in forward else None for n in numbers]

    def keys_of(self, n: int) -> Sequence[Any]:
        """The sort keys of one document; empty if it has no value."""
        return self.forward().get(n, ())
