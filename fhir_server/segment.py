"""All resources of one type in one layer: what they are, and an index per search parameter.

A base holds `Loaded` ones, frozen, that every episode shares; an episode holds small ones of its own, `Overlay`.
"""

from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable

import orjson

from fhir_r4 import Clause, SearchParameter, TokenValue
from fhir_server.extraction import text_extractor
from fhir_server.index import ParameterIndex, StringIndex
from fhir_server.index.parameter import Posting, Test

_READ_EACH = 2000


class Segment(ABC):
    """Documents are numbered 0, 1, ... in the order they were added."""

    __slots__ = ("ids", "indexes", "number_of", "offsets", "order", "resource_type", "texts", "versions")

    def __init__(self, resource_type: str) -> None:
        self.resource_type = resource_type
        self.ids: list[str] = []
        self.offsets = array("I")
        self.number_of: dict[str, int] = {}
        self.indexes: dict[str, ParameterIndex] = {}
        self.texts: dict[str, tuple[StringIndex, int]] | None = None
        self.versions = array("I")
        self.order = array("I")

    def __len__(self) -> int:
        return len(self.ids)

    @abstractmethod
    def json(self, n: int) -> bytes:
        """A document as it is answered; empty if it was taken back."""

    def text_test(self, clause: Clause) -> Test:
        """Tests the texts of a token parameter: of a few documents each by itself, of more by an index of all."""
        extract = text_extractor(self.resource_type, clause.parameter)
        left = _READ_EACH
        found: Posting | None = None
        if self.texts is not None and clause.parameter.code in self.texts:
            found = self.text_index(clause.parameter).select(clause)

        def matches(n: int) -> bool:
            nonlocal left, found
            if found is None and left > 0:
                left -= 1
                index = StringIndex()
                for _, key in extract(orjson.loads(self.json(n))):
                    index.add(n, key)
                return n in index.select(clause)
            if found is None:
                found = self.text_index(clause.parameter).select(clause)
            return n in found

        return matches

    def text_index(self, parameter: SearchParameter) -> StringIndex:
        """The texts of a token parameter; made when first asked for, and completed after additions."""
        if self.texts is None:
            self.texts = {}
        index, done = self.texts.get(parameter.code) or (StringIndex(), 0)
        extract = text_extractor(self.resource_type, parameter)
        for n in range(done, len(self)):
            json = self.json(n)
            for _, key in extract(orjson.loads(json)) if json else ():
                index.add(n, key)
        self.texts[parameter.code] = index, len(self)
        return index

    def with_ids(self, clause: Clause) -> Posting:
        """The documents that a clause on _id names."""
        wanted = [value.code for value in clause.values if isinstance(value, TokenValue) and value.code]
        return self.numbered(text.removeprefix(f"{self.resource_type}/") for text in wanted)

    def numbered(self, ids: Iterable[str]) -> Posting:
        """The documents that have these ids."""
        return {self.number_of[id] for id in ids if id in self.number_of}
