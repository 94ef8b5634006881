"""What every index of a search parameter can do. Documents are dense integers, added in rising order."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any, Self

from fhir_r4 import Clause

Test = Callable[[int], bool]
Posting = Collection[int]
Narrow = Callable[[list[int]], list[int]]
"""Keeps those documents, in rising order, that pass."""


def narrowed(test: Test) -> Narrow:
    return lambda numbers: [n for n in numbers if test(n)]


_SMALL = 64


def frozen(posting: list[int]) -> Posting:
    """Without repeats; short postings as tuples, which take an eighth of the memory, long ones as sets."""
    if len(posting) > _SMALL:
        return frozenset(posting)
    return tuple(posting) if len(set(posting)) == len(posting) else tuple(dict.fromkeys(posting))


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
    def is_empty(self) -> bool:
        """Whether no document has a value."""

    def merged(self, others: "Sequence[Self]") -> Self:
        """An index of what this one and the others hold, before they are frozen."""
        raise NotImplementedError

    @abstractmethod
    def rows(self) -> list[tuple[int, Any]]:
        """(document, sort key) of every row."""

    def select(self, clause: Clause) -> Posting | None:
        """The documents that have any of the clause's values; None if `test` must be used."""
        return None

    def test(self, clause: Clause) -> Test:
        raise NotImplementedError

    def narrow(self, clause: Clause) -> Narrow:
        """`test`, for many documents at once."""
        return narrowed(self.test(clause))

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

    def only_value(self, numbers: list[int]) -> Callable[[int], Any] | None:
        """From a document to its sort key, if it is known that each of these, in rising order, has just one."""
        return None

    def keys_of(self, n: int) -> Sequence[Any]:
        """The sort keys of one document; empty if it has no value."""
        return self.forward().get(n, ())


class PostedIndex(ParameterIndex):
    """key -> the documents that have it, in rising order."""

    __slots__ = ("_postings",)

    def __init__(self) -> None:
        super().__init__()
        self._postings: dict[Any, Any] = {}

    def add(self, n: int, key: Any) -> None:
        posting = self._postings.get(key)
        if posting is None:
            self._postings[key] = [n]
            self._note(key)
        elif posting[-1] != n:
            posting.append(n)
        self._forward = None

    def _note(self, key: Any) -> None:
        """Called with every new key."""

    def filling(self) -> dict[Any, list[int]]:
        """What a bulk load appends documents to, with repeats if it likes; complete once the index is frozen."""
        self._postings = defaultdict(list, self._postings)
        return self._postings

    def freeze(self) -> None:
        every = self._postings.items()
        self._postings = {key: tuple(posting) if len(posting) == 1 else frozen(posting) for key, posting in every}

    def is_empty(self) -> bool:
        return not self._postings

    def merged(self, others: Sequence[Self]) -> Self:
        made = type(self)()
        postings = made.filling()
        for one in (self, *others):
            for key, posting in one._postings.items():
                postings[key] = sorted({*postings[key], *posting})
        return made

    def rows(self) -> list[tuple[int, Any]]:
        return [(n, key) for key, posting in self._postings.items() for n in posting]
