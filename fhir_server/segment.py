"""All resources of one type in one layer: their JSON, and an index per search parameter.

A base holds frozen segments that every episode shares; an episode's overlay holds small ones of its own.
"""

from array import array
from collections.abc import Iterable
from typing import Any

import orjson

from fhir_r4 import Clause, DateRange, SearchParameter, TokenValue, search_parameters
from fhir_server.extraction import extractor, text_extractor
from fhir_server.index import KINDS, DateIndex, ParameterIndex, StringIndex
from fhir_server.index.parameter import Posting, Test
from fhir_server.rows import Row
from fhir_server.splice import meta_offset

_READ_EACH = 2000


class Segment:
    """Documents are numbered 0, 1, ... in the order they were added."""

    __slots__ = (
        "blobs",
        "dead",
        "ids",
        "indexes",
        "number_of",
        "offsets",
        "order",
        "resource_type",
        "texts",
        "versions",
    )

    def __init__(self, resource_type: str) -> None:
        self.resource_type = resource_type
        self.ids: list[str] = []
        self.blobs: list[bytes] = []
        self.offsets = array("I")
        self.number_of: dict[str, int] = {}
        self.indexes: dict[str, ParameterIndex] = {}
        self.dead: set[int] = set()
        self.texts: dict[str, tuple[StringIndex, int]] | None = None
        self.versions = array("I")
        self.order = array("I")

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, resource: dict[str, Any]) -> list[Row]:
        return extractor(self.resource_type)(resource)

    def add(
        self, blob: bytes, resource: dict[str, Any], rows: list[Row], updated: DateRange, version: int, order: int
    ) -> int:
        """Add a resource, or a new version of one of this segment; returns its number."""
        n, id = len(self.ids), resource["id"]
        self.retire(id)
        self.ids.append(id)
        self.blobs.append(blob)
        self.offsets.append(meta_offset(blob, "meta" in resource))
        self.versions.append(version)
        self.order.append(order)
        self.number_of[id] = n
        indexes = self.indexes
        for code, key in rows:
            try:
                indexes[code].add(n, key)
            except KeyError:
                self._index(code).add(n, key)
        self._index("_lastUpdated").add(n, updated)
        return n

    def retire(self, id: str) -> None:
        """Hide the current version of a resource of this segment, if there is one."""
        n = self.number_of.pop(id, None)
        if n is not None:
            self.dead.add(n)

    def back_to(self, size: int, dead: set[int]) -> None:
        """Hide the documents added since there were `size`, and show again those that were hidden since."""
        for n in range(size, len(self.ids)):
            self.number_of.pop(self.ids[n], None)
            self.blobs[n] = b""
        for n in self.dead - dead:
            if n < size:
                self.number_of[self.ids[n]] = n
        self.dead = dead | set(range(size, len(self.ids)))

    def _index(self, code: str) -> ParameterIndex:
        index = self.indexes.get(code)
        if index is None:
            index = self.indexes[code] = KINDS[search_parameters(self.resource_type)[code].type]()
        return index

    def complete(self, indexes: dict[str, ParameterIndex], updated: DateRange) -> None:
        """Take the indexes of documents whose ids, JSON and offsets are here already; all of them are new."""
        count = len(self)
        labels = DateIndex()
        labels.fill(count, updated)
        self.indexes = {**indexes, "_lastUpdated": labels}
        self.versions.extend(array("I", (1,)) * count)
        self.order.extend(range(count))

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
                for _, key in extract(orjson.loads(self.blobs[n])):
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
            for _, key in extract(orjson.loads(self.blobs[n])) if self.blobs[n] else ():  # empty: taken back
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
