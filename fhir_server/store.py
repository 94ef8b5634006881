"""One episode's copy of a world: the shared base, a small overlay of what was written, and a mask of what it hides."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from fhir_r4 import Change, DateRange
from fhir_server.base import Base
from fhir_server.index import KeyIndex
from fhir_server.rows import Row
from fhir_server.segment import Segment
from fhir_server.splice import meta_offset, spliced, stamp

_FIRST_ID = 1000


class Version(NamedTuple):
    """One version of a resource. blob: canonical JSON, None if the version is a deletion. offset: see `splice`."""

    number: int
    blob: bytes | None
    offset: int


@dataclass(frozen=True, slots=True)
class Write:
    """A resource that is ready to be stored: canonical JSON, parsed, and its index rows."""

    resource_type: str
    id: str
    blob: bytes
    resource: dict[str, Any]
    rows: list[Row]

    @property
    def reference(self) -> str:
        return f"{self.resource_type}/{self.id}"


class EpisodeStore:
    """base: what links start with, without a last slash. fork: its number among the forks of this world.

    Only `put`, `delete`, the `next_*` methods and paging (`searches`) change it.
    """

    __slots__ = ("_history", "_next_id", "_searches", "base", "fork", "mask", "overlay", "searches", "world")

    def __init__(self, world: Base, base: str) -> None:
        world.forks += 1
        self.fork = world.forks
        self.world = world
        self.base = base
        self.overlay: dict[str, Segment] = {}
        self.mask: dict[str, set[int]] = {}
        self.searches: OrderedDict[str, Any] = OrderedDict()
        self._history: dict[str, list[Version]] = {}
        self._next_id = _FIRST_ID
        self._searches = 0

    # -- reading -------------------------------------------------------------------------------------------------

    def current(self, resource_type: str, id: str) -> Version | None:
        """The last version, a deletion included; None if the id was never used."""
        if self._history:
            versions = self._history.get(f"{resource_type}/{id}")
            if versions:
                return versions[-1]
        return self._original(resource_type, id)

    def version(self, resource_type: str, id: str, number: int) -> Version | None:
        every = self._history.get(f"{resource_type}/{id}", ())
        if number == 1:
            original = self._original(resource_type, id)
            if original is not None:
                return original
        return next((version for version in every if version.number == number), None)

    def exists(self, resource_type: str, id: str) -> bool:
        found = self.current(resource_type, id)
        return found is not None and found.blob is not None

    def _original(self, resource_type: str, id: str) -> Version | None:
        segment = self.world.segments.get(resource_type)
        if segment is None:
            return None
        n = segment.number_of.get(id)
        if n is None:
            return None
        return Version(1, segment.blobs[n], segment.offsets[n])

    def json_of(self, version: Version) -> bytes:
        """The resource of a version that is no deletion, with its meta."""
        assert version.blob is not None
        members = self.world.stamp if version.number == 1 else stamp(version.number, self.world.now)
        return spliced(version.blob, version.offset, members)

    def layers(self, resource_type: str) -> Iterator[tuple[Segment, set[int]]]:
        """(segment, hidden documents), the base first."""
        base = self.world.segments.get(resource_type)
        if base is not None:
            yield base, self.mask.get(resource_type, _NOTHING)
        over = self.overlay.get(resource_type)
        if over is not None:
            yield over, over.dead

    def types(self) -> list[str]:
        """The types that have, or had, a resource."""
        return sorted({*self.world.segments, *self.overlay})

    def referrer_of(self, reference: str) -> tuple[str, str] | None:
        """(reference, parameter) of one resource that refers to this one, the first by type."""
        for name in self.types():
            for segment, hidden in self.layers(name):
                for code, index in segment.indexes.items():
                    if isinstance(index, KeyIndex):
                        for n in sorted(index.posting(reference)):
                            if n not in hidden and f"{name}/{segment.ids[n]}" != reference:
                                return f"{name}/{segment.ids[n]}", code
        return None

    def changes(self) -> Mapping[str, Change]:
        """Every resource that differs from the base, in order of reference."""
        found: dict[str, Change] = {}
        for reference in sorted(self._history):
            name, _, id = reference.partition("/")
            original = self._original(name, id)
            before, after = original.blob if original else None, self._history[reference][-1].blob
            if before != after:
                found[reference] = Change(before, after)
        return found

    # -- writing -------------------------------------------------------------------------------------------------

    def next_id(self) -> str:
        """A server-given id: 1000, 1001, ... as on a new HAPI."""
        given = self._next_id
        self._next_id += 1
        return str(given)

    def next_search(self) -> int:
        self._searches += 1
        return self._searches

    def put(self, write: Write) -> Version:
        """Store a new version."""
        name, id = write.resource_type, write.id
        last = self.current(name, id)
        number = last.number + 1 if last else 1
        segment = self.overlay.get(name)
        if segment is None:
            segment = self.overlay[name] = Segment(name)
        order = self._hide(name, id)
        segment.add(write.blob, write.resource, write.rows, self._updated, number, order)
        version = Version(number, write.blob, meta_offset(write.blob, "meta" in write.resource))
        self._history.setdefault(write.reference, []).append(version)
        return version

    def delete(self, resource_type: str, id: str) -> Version:
        """Store a deletion of a resource that exists."""
        last = self.current(resource_type, id)
        assert last is not None
        self._hide(resource_type, id)
        segment = self.overlay.get(resource_type)
        if segment is not None:
            segment.retire(id)
        version = Version(last.number + 1, None, 0)
        self._history.setdefault(f"{resource_type}/{id}", []).append(version)
        return version

    def _hide(self, resource_type: str, id: str) -> int:
        """Hide the base's version, if any; returns the place of this id in the order of writing."""
        base = self.world.segments.get(resource_type)
        if base is not None:
            n = base.number_of.get(id)
            if n is not None:
                self.mask.setdefault(resource_type, set()).add(n)
                return n
        over = self.overlay.get(resource_type)
        if over is not None and id in over.number_of:
            return over.order[over.number_of[id]]
        return (len(base) if base is not None else 0) + (len(over) if over is not None else 0)

    @property
    def _updated(self) -> DateRange:
        return self.world.updated


_NOTHING: set[int] = set()
