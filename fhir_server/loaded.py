"""What a world holds of one type: a frozen segment that every episode shares, all of it version 1.

A document is kept as a searchset shows it, from the id in its fullUrl to the end of the resource, so that a page is put
together by one copy: `a1","resource":{..., "meta":{"lastUpdated":..., "versionId":"1", ...}, ...}`.
"""

from array import array

from fhir_r4 import DateRange
from fhir_server.index import DateIndex, ParameterIndex
from fhir_server.segment import Segment
from fhir_server.splice import resource_in, spliced_entry


class Loaded(Segment):
    """stamp: the members that version 1 adds to its meta. entries: see above."""

    __slots__ = ("entries", "stamp")

    def __init__(self, resource_type: str, stamp: bytes) -> None:
        super().__init__(resource_type)
        self.stamp = stamp
        self.entries: list[bytes] = []

    def add(self, id: str, blob: bytes, offset: int) -> None:
        """Take the canonical JSON of one more document. offset: see `splice`."""
        self.ids.append(id)
        self.offsets.append(offset)
        self.entries.append(spliced_entry(id, blob, offset, self.stamp))

    def complete(self, indexes: dict[str, ParameterIndex], updated: DateRange) -> None:
        """Take the indexes of all documents."""
        count = len(self)
        labels = DateIndex()
        labels.fill(count, updated)
        self.indexes = {**indexes, "_lastUpdated": labels}
        self.versions.extend(array("I", (1,)) * count)
        self.order.extend(range(count))

    def json(self, n: int) -> bytes:
        return resource_in(self.entries[n], self.ids[n])
