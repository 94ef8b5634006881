"""References and URIs: whole keys, compared exactly, URIs also in parts."""

from collections.abc import Iterable

from fhir_r4 import Clause, ReferenceValue, TextValue
from fhir_server.index.parameter import PostedIndex, Posting, union
from fhir_server.index.text import comparison


class KeyIndex(PostedIndex):
    __slots__ = ()

    def starting(self, prefix: str) -> "KeyIndex":
        """This index, before it is frozen, with only the keys that start so."""
        kept = {key: posting for key, posting in self._postings.items() if key.startswith(prefix)}
        if len(kept) == len(self._postings):
            return self
        made = KeyIndex()
        made.filling().update(kept)
        return made

    def posting(self, key: str) -> Posting:
        found: Posting = self._postings.get(key, ())
        return found

    def select(self, clause: Clause) -> Posting:
        if not clause.modifier and len(clause.values) == 1:
            return self.select_keys(_keys(clause.values[0]))
        if clause.modifier in _COMPARED:
            return self._compared(clause)
        keys = [key for value in clause.values for key in _keys(value)]
        return self.select_other(keys) if clause.modifier == "other" else self.select_keys(keys)

    def select_keys(self, keys: Iterable[str]) -> Posting:
        postings = self._postings
        return union([postings[key] for key in keys if key in postings])

    def select_other(self, keys: list[str]) -> Posting:
        """The documents that have a key that is none of these."""
        named = frozenset(keys)
        return union([posting for key, posting in self._postings.items() if key not in named])

    def _compared(self, clause: Clause) -> Posting:
        found: list[Posting] = []
        for value in clause.values:
            assert isinstance(value, TextValue)
            text = f"{value.text}/" if clause.modifier == "type" else value.text
            matches = comparison(clause.modifier, text, value.wild)
            found += [posting for key, posting in self._postings.items() if matches(key)]
        return union(found)


_COMPARED = frozenset({"above", "below", "contains", "ends", "equal", "ge", "gt", "le", "lt", "type", "unequal"})


def _keys(value: object) -> tuple[str, ...]:
    if isinstance(value, ReferenceValue):
        return value.keys
    assert isinstance(value, TextValue)
    return (value.text,)
