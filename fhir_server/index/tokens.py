"""Tokens: (system, code), case-sensitive. Agents mostly send the bare code, so codes lead to their systems."""

from typing import Any

from fhir_r4 import Clause, TokenValue
from fhir_server.index.parameter import ParameterIndex, Posting, frozen, union

Pair = tuple[str, str]


class TokenIndex(ParameterIndex):
    __slots__ = ("_codes", "_pairs")

    def __init__(self) -> None:
        super().__init__()
        self._pairs: dict[Pair, Any] = {}
        self._codes: dict[str, list[Pair]] = {}

    def add(self, n: int, key: Pair) -> None:
        posting = self._pairs.get(key)
        if posting is None:
            self._pairs[key] = [n]
            self._codes.setdefault(key[1], []).append(key)
        elif posting[-1] != n:
            posting.append(n)
        self._forward = None

    def freeze(self) -> None:
        self._pairs = {pair: frozen(posting) for pair, posting in self._pairs.items()}

    def rows(self) -> list[tuple[int, Any]]:
        return [(n, (pair[1], pair[0])) for pair, posting in self._pairs.items() for n in posting]

    def select(self, clause: Clause) -> Posting:
        found: list[Posting] = []
        for value in clause.values:
            assert isinstance(value, TokenValue)
            found += self._of(value)
        return union(found)

    def _of(self, value: TokenValue) -> list[Posting]:
        if value.code is None:
            return [posting for pair, posting in self._pairs.items() if pair[0] == value.system]
        if value.system is None:
            return [self._pairs[pair] for pair in self._codes.get(value.code, ())]
        posting = self._pairs.get((value.system, value.code))
        return [] if posting is None else [posting]
