"""Strings as HAPI matches them: starts-with on text without case and accents; :exact; :contains."""

import unicodedata
from bisect import bisect_left
from typing import Any

from fhir_r4 import Clause, TextValue
from fhir_server.index.parameter import ParameterIndex, Posting, frozen, union


def normalised(text: str) -> str:
    """Upper case, without diacritics."""
    if text.isascii():
        return text.upper()
    marks = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in marks if not unicodedata.combining(letter)).upper()


class StringIndex(ParameterIndex):
    __slots__ = ("_postings", "_sorted", "_written")

    def __init__(self) -> None:
        super().__init__()
        self._postings: dict[str, Any] = {}
        self._written: dict[str, list[str]] = {}
        self._sorted: list[str] | None = None

    def add(self, n: int, key: str) -> None:
        posting = self._postings.get(key)
        if posting is None:
            self._postings[key] = [n]
            self._written.setdefault(normalised(key), []).append(key)
            self._sorted = None
        elif posting[-1] != n:
            posting.append(n)
        self._forward = None

    def freeze(self) -> None:
        self._postings = {key: frozen(posting) for key, posting in self._postings.items()}
        self._sorted = sorted(self._written)

    def rows(self) -> list[tuple[int, Any]]:
        return [(n, normalised(key)) for key, posting in self._postings.items() for n in posting]

    def select(self, clause: Clause) -> Posting:
        found: list[Posting] = []
        for value in clause.values:
            assert isinstance(value, TextValue)
            found += [self._postings[key] for key in self._keys(value.text, clause.modifier) if key in self._postings]
        return union(found)

    def _keys(self, text: str, modifier: str) -> list[str]:
        if modifier == "exact":
            return [text]
        wanted = normalised(text)
        if modifier == "contains":
            return [key for norm, keys in self._written.items() if wanted in norm for key in keys]
        if self._sorted is None:
            self._sorted = sorted(self._written)
        keys: list[str] = []
        for norm in self._sorted[bisect_left(self._sorted, wanted) :]:
            if not norm.startswith(wanted):
                break
            keys += self._written[norm]
        return keys
