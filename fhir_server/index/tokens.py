"""Tokens: (system, code), case-sensitive. Agents mostly send the bare code, so codes lead to their systems."""

from typing import Any

from fhir_r4 import Clause, TokenValue
from fhir_server.index.parameter import PostedIndex, Posting, union

Pair = tuple[str, str]


class TokenIndex(PostedIndex):
    __slots__ = ("_codes",)

    def __init__(self) -> None:
        super().__init__()
        self._codes: dict[str, list[Pair]] = {}

    def _note(self, key: Pair) -> None:
        self._codes.setdefault(key[1], []).append(key)

    def freeze(self) -> None:
        super().freeze()
        self._codes = {}
        for pair in self._postings:
            self._note(pair)

    def sort_keys(self, numbers: list[int], descending: bool) -> list[Any]:
        """By system, then by code; without a system last in both directions, as HAPI does it."""
        forward = self.forward()
        if descending:
            return [max(forward[n]) if n in forward else None for n in numbers]
        return [min(map(_no_system_last, forward[n])) if n in forward else None for n in numbers]

    def select(self, clause: Clause) -> Posting:
        if clause.modifier == "other":
            named = {pair for value in clause.values for pair in self._pairs_of(value)}
            return union([posting for pair, posting in self._postings.items() if pair not in named])
        if clause.modifier == "starts":
            return union([posting for value in clause.values for posting in self._starting(value)])
        if len(clause.values) == 1:
            return self._having(clause.values[0])
        return union([self._having(value) for value in clause.values])

    def _having(self, value: object) -> Posting:
        assert isinstance(value, TokenValue)
        if value.system is not None and value.code is not None:
            found: Posting = self._postings.get((value.system, value.code), ())
            return found
        return union([self._postings[pair] for pair in self._pairs_of(value)])

    def _pairs_of(self, value: object) -> list[Pair]:
        assert isinstance(value, TokenValue)
        if value.code is None:
            return [pair for pair in self._postings if pair[0] == value.system]
        if value.system is None:
            return self._codes.get(value.code, [])
        pair = (value.system, value.code)
        return [pair] if pair in self._postings else []

    def _starting(self, value: object) -> list[Posting]:
        assert isinstance(value, TokenValue)
        code = value.code or ""
        return [self._postings[p] for p in self._postings if p[1].startswith(code) and value.system in (None, p[0])]


def _no_system_last(pair: Pair) -> tuple[bool, Pair]:
    return not pair[0], pair
