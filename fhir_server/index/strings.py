"""Strings as HAPI matches them: starts-with on text without case and accents; :exact; :contains; those of _filter."""

import unicodedata
from bisect import bisect_left
from typing import Any

from fhir_r4 import Clause, TextValue
from fhir_server.index.parameter import PostedIndex, Posting, union
from fhir_server.index.text import comparison


def normalised(text: str) -> str:
    """Upper case, without diacritics."""
    if text.isascii():
        return text.upper()
    marks = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in marks if not unicodedata.combining(letter)).upper()


class StringIndex(PostedIndex):
    __slots__ = ("_sorted", "_written")

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[str, list[str]] = {}
        self._sorted: list[str] | None = None

    def _note(self, key: str) -> None:
        self._written.setdefault(normalised(key), []).append(key)
        self._sorted = None

    def freeze(self) -> None:
        super().freeze()
        self._written = {}
        for key in self._postings:
            self._note(key)
        self._sorted = sorted(self._written)

    def rows(self) -> list[tuple[int, Any]]:
        return [(n, normalised(key)) for key, posting in self._postings.items() for n in posting]

    def select(self, clause: Clause) -> Posting:
        found: list[Posting] = []
        for value in clause.values:
            assert isinstance(value, TextValue)
            found += [self._postings[key] for key in self._keys(value, clause.modifier) if key in self._postings]
        return union(found)

    def _keys(self, value: TextValue, modifier: str) -> list[str]:
        if modifier == "exact":
            return [value.text]
        wanted = normalised(value.text)
        if modifier in ("", "text") and not value.wild:
            return self._starting(wanted)
        matches = comparison(modifier, wanted, value.wild)
        return [key for norm, keys in self._written.items() if matches(norm) for key in keys]

    def _starting(self, wanted: str) -> list[str]:
        if self._sorted is None:
            self._sorted = sorted(self._written)
        keys: list[str] = []
        for norm in self._sorted[bisect_left(self._sorted, wanted) :]:
            if not norm.startswith(wanted):
                break
            keys += self._written[norm]
        return keys
