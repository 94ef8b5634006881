"""What an episode wrote of one type: a segment that grows, and whose documents later versions hide."""

from fhir_r4 import DateRange, parse_exact, search_parameters
from fhir_server.extraction import extractor
from fhir_server.index import KINDS, ParameterIndex
from fhir_server.segment import Segment


class Overlay(Segment):
    """dead: the documents that are hidden. updated: when all of them were written.

    A document goes into the indexes when they are next searched: much of what is written never is.
    """

    __slots__ = ("_indexed", "_texts", "_updated", "dead")

    def __init__(self, resource_type: str, updated: DateRange) -> None:
        super().__init__(resource_type)
        self._updated = updated
        self._texts: list[bytes] = []
        self._indexed = 0
        self.dead: set[int] = set()

    def json(self, n: int) -> bytes:
        return self._texts[n]

    def add(self, id: str, json: bytes, offset: int, version: int, order: int) -> None:
        """Add a resource, or a new version of one of this segment. offset: see `splice`."""
        self.retire(id)
        self.number_of[id] = len(self.ids)
        self.ids.append(id)
        self._texts.append(json)
        self.offsets.append(offset)
        self.versions.append(version)
        self.order.append(order)

    def retire(self, id: str) -> None:
        """Hide the current version of a resource of this segment, if there is one."""
        n = self.number_of.pop(id, None)
        if n is not None:
            self.dead.add(n)

    def back_to(self, size: int, dead: set[int]) -> None:
        """Hide the documents added since there were `size`, and show again those that were hidden since."""
        for n in range(size, len(self.ids)):
            self.number_of.pop(self.ids[n], None)
            self._texts[n] = b""
        for n in self.dead - dead:
            if n < size:
                self.number_of[self.ids[n]] = n
        self.dead = dead | set(range(size, len(self.ids)))

    def indexed(self) -> "Overlay":
        """Itself, once every document is in the indexes."""
        for n in range(self._indexed, len(self.ids)):
            if self._texts[n]:  # not taken back
                for code, key in extractor(self.resource_type)(parse_exact(self._texts[n])):
                    self._index(code).add(n, key)
                self._index("_lastUpdated").add(n, self._updated)
        self._indexed = len(self.ids)
        return self

    def _index(self, code: str) -> ParameterIndex:
        index = self.indexes.get(code)
        if index is None:
            index = self.indexes[code] = KINDS[search_parameters(self.resource_type)[code].type]()
        return index
