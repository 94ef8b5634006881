"""All resources of one type in one layer: their JSON, and an index per search parameter.

A base holds frozen segments that every episode shares; an episode's overlay holds small ones of its own.
"""

from array import array
from typing import Any

from fhir_r4 import Clause, DateRange, TokenValue, search_parameters
from fhir_server.extraction import extractor
from fhir_server.index import KINDS, ParameterIndex
from fhir_server.index.parameter import Posting
from fhir_server.rows import Row
from fhir_server.splice import meta_offset


class Segment:
    """Documents are numbered 0, 1, ... in the order they were added."""

    __slots__ = ("blobs", "dead", "ids", "indexes", "number_of", "offsets", "order", "resource_type", "versions")

    def __init__(self, resource_type: str) -> None:
        self.resource_type = resource_type
        self.ids: list[str] = []
        self.blobs: list[bytes] = []
        self.offsets = array("I")
        self.number_of: dict[str, int] = {}
        self.indexes: dict[str, ParameterIndex] = {}
        self.dead: set[int] = set()
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

    def _index(self, code: str) -> ParameterIndex:
        index = self.indexes.get(code)
        if index is None:
            index = self.indexes[code] = KINDS[search_parameters(self.resource_type)[code].type]()
        return index

    def freeze(self) -> None:
        for index in self.indexes.values():
            index.freeze()

    def with_ids(self, clause: Clause) -> Posting:
        """The documents that a clause on _id names."""
        wanted = [value.code for value in clause.values if isinstance(value, TokenValue) and value.code]
        names = (text.removeprefix(f"{self.resource_type}/") for text in wanted)
        return {self.number_of[name] for name in names if name in self.number_of}
