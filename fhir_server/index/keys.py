"""References and URIs: whole keys, compared exactly."""

from typing import Any

from fhir_r4 import Clause, ReferenceValue, TextValue
from fhir_server.index.parameter import ParameterIndex, Posting, frozen, union


class KeyIndex(ParameterIndex):
    __slots__ = ("_postings",)

    def __init__(self) -> None:
        super().__init__()
        self._postings: dict[str, Any] = {}

    def add(self, n: int, key: str) -> None:
        posting = self._postings.get(key)
        if posting is None:
            self._postings[key] = [n]
        elif posting[-1] != n:
            posting.append(n)
        self._forward = None

    def freeze(self) -> None:
        self._postings = {key: frozen(posting) for key, posting in self._postings.items()}

    def rows(self) -> list[tuple[int, Any]]:
        return [(n, key) for key, posting in self._postings.items() for n in posting]

    def posting(self, key: str) -> Posting:
        found: Posting = self._postings.get(key, ())
        return found

    def select(self, clause: Clause) -> Posting:
        return self.select_keys([key for value in clause.values for key in _keys(value)])

    def select_keys(self, keys: list[str]) -> Posting:
        postings = self._postings
        return union([postings[key] for key in keys if key in postings])


def _keys(value: object) -> tuple[str, ...]:
    if isinstance(value, ReferenceValue):
        return value.keys
    assert isinstance(value, TextValue)
    return (value.text,)
