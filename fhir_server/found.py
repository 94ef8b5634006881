"""What a search finds among the documents of the base: their ids, each looked up only where it is shown.

Most hits lie beyond the page that is asked for, and each id that is read is a wait for memory.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import overload

_MANY = 1000


class Found(Sequence[str]):
    """ids: of all documents. numbers: of those found, in order."""

    __slots__ = ("_ids", "numbers")

    def __init__(self, ids: list[str], numbers: Sequence[int]) -> None:
        self._ids = ids
        self.numbers = numbers if len(numbers) < _MANY else array("I", numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> "Found": ...
    def __getitem__(self, at: int | slice) -> "str | Found":
        if isinstance(at, slice):
            return Found(self._ids, self.numbers[at])
        return self._ids[self.numbers[at]]

    def __iter__(self) -> Iterator[str]:
        ids = self._ids
        return iter([ids[n] for n in self.numbers])
