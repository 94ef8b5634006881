"""One episode's copy of a world: the shared base, a small overlay of what was written, and a mask of what it hides."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fhir_r4 import Change, references_in
from fhir_server.base import Base
from fhir_server.index import KeyIndex
from fhir_server.loaded import Loaded
from fhir_server.overlay import Overlay
from fhir_server.segment import Segment
from fhir_server.splice import meta_offset, spliced, stamp, unspliced

_FIRST_ID = 1000

Condition = tuple[str, ...]
"""A resource type, then the parameters of a match URL in an order of their own."""


class Version(NamedTuple):
    """One version of a resource. json: as it is answered, empty if the version is a deletion. offset: see `splice`.

    at: its place among the writes of the episode, from 1; 0 for what the world holds.
    """

    number: int
    json: bytes
    offset: int
    at: int = 0

    @property
    def is_gone(self) -> bool:
        return not self.json

    @property
    def blob(self) -> bytes:
        """Canonical JSON: without what the version adds to its meta; empty if the version is a deletion."""
        return unspliced(self.json, self.offset) if self.json else b""


class Write(NamedTuple):
    """A resource that is ready to be stored. blob: canonical JSON."""

    resource_type: str
    id: str
    blob: bytes
    resource: dict[str, Any]

    @property
    def reference(self) -> str:
        return f"{self.resource_type}/{self.id}"


class Mark(NamedTuple):
    """A state that a store can go back to. segments: by type, (documents, those hidden)."""

    next_id: int
    writes: int
    segments: dict[str, tuple[int, set[int]]]
    mask: dict[str, set[int]]
    claims: dict[Condition, str]
    claimed: dict[str, Condition]


class EpisodeStore:
    """base: what links start with, without a last slash. fork: its number among the forks of this world.

    Only `put`, `delete`, `relabel`, `claim`, the `next_*` methods and paging (`searches`) change it.
    """

    __slots__ = (
        "_claimed",
        "_claims",
        "_history",
        "_next_id",
        "_requests",
        "_searches",
        "_writes",
        "base",
        "fork",
        "mask",
        "overlay",
        "rules",
        "searches",
        "world",
    )

    def __init__(self, world: Base, base: str) -> None:
        world.forks += 1
        self.fork = world.forks
        self.rules = world.rules
        self.world = world
        self.base = base
        self.overlay: dict[str, Overlay] = {}
        self.mask: dict[str, set[int]] = {}
        self.searches: OrderedDict[str, Any] = OrderedDict()
        self._claims: dict[Condition, str] = {}
        self._claimed: dict[str, Condition] = {}
        self._history: dict[str, list[Version]] = {}
        self._next_id = _FIRST_ID
        self._searches = 0
        self._requests = 0
        self._writes = 0

    # -- reading -------------------------------------------------------------------------------------------------

    def current(self, resource_type: str, id: str) -> Version | None:
        """The last version, a deletion included; None if the id was never used."""
        if self._history:
            versions = self._history.get(f"{resource_type}/{id}")
            if versions:
                return versions[-1]
        return self._original(resource_type, id)

    def base_of(self, resource_type: str) -> tuple[Loaded, set[int]]:
        """(what the world holds of a type, the documents of it that this episode has hidden)"""
        segment = self.world.segments.get(resource_type)
        if segment is None:
            segment = Loaded(resource_type, self.world.stamp)
        return segment, self.mask.get(resource_type, _NOTHING)

    def version(self, resource_type: str, id: str, number: int) -> Version | None:
        every = self._history.get(f"{resource_type}/{id}", ())
        found = next((version for version in every if version.number == number), None)
        return self._original(resource_type, id) if found is None and number == 1 else found

    def versions(self, resource_type: str, id: str) -> list[Version]:
        """Every version of one resource, the newest first."""
        original = self.version(resource_type, id, 1)  # as it is labelled now
        written = self._history.get(f"{resource_type}/{id}", ())
        loaded = original is not None and original.at == 0
        return [*(one for one in reversed(written) if one.at), *([original] if loaded else ())]

    def history(
        self, first: int, last: int, resource_type: str | None = None, id: str | None = None
    ) -> tuple[int, list[tuple[str, Version]]]:
        """(how many versions one resource, a type or all have, (reference, version) of [first, last), newest first)."""
        if resource_type is not None and id is not None:
            every = self.versions(resource_type, id)
            return len(every), [(f"{resource_type}/{id}", one) for one in every[first:last]]
        prefix = f"{resource_type}/" if resource_type is not None else ""
        rows = [(ref, one) for ref, ones in self._history.items() if ref.startswith(prefix) for one in ones if one.at]
        rows.sort(key=lambda pair: -pair[1].at)
        before, page = len(rows), rows[first:last]
        for name in sorted(self.world.segments, reverse=True):
            if resource_type in (None, name):
                base = self.world.segments[name]
                size = len(base)
                for n in range(max(0, first - before), min(size, last - before)):
                    id = base.ids[size - 1 - n]
                    version = self.version(name, id, 1)
                    assert version is not None
                    page.append((f"{name}/{id}", version))
                before += size
        return before, page

    def exists(self, resource_type: str, id: str) -> bool:
        if self._history:
            versions = self._history.get(f"{resource_type}/{id}")
            if versions:
                return not versions[-1].is_gone
        segment = self.world.segments.get(resource_type)
        return segment is not None and id in segment.number_of

    def _original(self, resource_type: str, id: str) -> Version | None:
        segment = self.world.segments.get(resource_type)
        if segment is None:
            return None
        n = segment.number_of.get(id)
        if n is None:
            return None
        return Version(1, segment.json(n), segment.offsets[n])

    def layers(self, resource_type: str) -> Iterator[tuple[Segment, set[int]]]:
        """(segment, hidden documents), the base first."""
        base = self.world.segments.get(resource_type)
        if base is not None:
            yield base, self.mask.get(resource_type, _NOTHING)
        over = self.overlay.get(resource_type)
        if over is not None:
            yield over.indexed(), over.dead

    def types(self) -> list[str]:
        """The types that have, or had, a resource."""
        return sorted({*self.world.segments, *self.overlay})

    def referrer_of(self, reference: str) -> tuple[str, str] | None:
        """(reference, parameter) of the resource that refers to this one, of several the one written first."""
        return next(self.referrers_of(reference), None)

    def referrers_of(self, reference: str) -> Iterator[tuple[str, str]]:
        """Every one, in the order of writing."""
        for name, base in self.world.segments.items():
            for n, code in _referring(base, reference, self.mask.get(name, _NOTHING)):
                if f"{name}/{base.ids[n]}" != reference:
                    yield f"{name}/{base.ids[n]}", code
        found: list[tuple[int, str, str]] = []
        for name, over in self.overlay.items():
            for n, code in _referring(over.indexed(), reference, over.dead):
                referrer = f"{name}/{over.ids[n]}"
                if referrer != reference:
                    found.append((self._history[referrer][-1].at, referrer, code))
        yield from (row[1:] for row in sorted(found))

    def changes(self) -> Mapping[str, Change]:
        """Every resource that differs from the base, in order of reference."""
        found: dict[str, Change] = {}
        for reference in sorted(self._history):
            name, _, id = reference.partition("/")
            original = self._original(name, id)
            before, after = original.blob if original else None, self._history[reference][-1].blob or None
            if before != after:
                found[reference] = Change(before, after)
        return found

    # -- writing -------------------------------------------------------------------------------------------------

    def next_id(self) -> str:
        """A server-given id: 1000, 1001, ... as on a new HAPI."""
        given = self._next_id
        self._next_id += 1
        return str(given)

    def upcoming_id(self) -> str:
        """The id that `next_id` will give."""
        return str(self._next_id)

    def next_search(self) -> int:
        self._searches += 1
        return self._searches

    def next_request(self) -> int:
        self._requests += 1
        return self._requests

    def put(self, write: Write, *, alone: bool = True) -> Version:
        """Store a new version. alone: not as an entry of a Bundle."""
        name, id, reference = write.resource_type, write.id, write.reference
        self.release(reference)
        last = self.current(name, id)
        number = last.number + 1 if last else 1
        if alone and last and last.is_gone and self.rules.skips_version_of_recreated and _refers(write):
            number += 1
        self._writes += 1
        version = self._version(write, number, self._writes)
        self._add(name, id, version)
        self._history.setdefault(reference, []).append(version)
        return version

    def relabel(self, write: Write, number: int) -> Version:
        """Replace what a version holds: labels change without a new version, as on HAPI."""
        versions = self._history.setdefault(write.reference, [])
        at = next((known.at for known in versions if known.number == number), 0)
        version = self._version(write, number, at)
        others = [known for known in versions if known.number != number]
        versions[:] = sorted([*others, version], key=lambda known: known.number)
        if versions[-1] is version:
            self._add(write.resource_type, write.id, version)
        return version

    def delete(self, resource_type: str, id: str) -> Version:
        """Store a deletion of a resource that exists."""
        last = self.current(resource_type, id)
        assert last is not None
        self.release(f"{resource_type}/{id}")
        self._hide(resource_type, id)
        segment = self.overlay.get(resource_type)
        if segment is not None:
            segment.retire(id)
        self._writes += 1
        version = Version(last.number + 1, b"", 0, self._writes)
        self._history.setdefault(f"{resource_type}/{id}", []).append(version)
        return version

    def claim(self, condition: Condition, reference: str) -> bool:
        """Note the condition that a resource is made under; whether no other one was, and stayed as it was made."""
        if self._claims.setdefault(condition, reference) != reference:
            return False
        self._claimed[reference] = condition
        return True

    def release(self, reference: str) -> None:
        """Forget under which condition a resource was made: it is written again."""
        if reference in self._claimed:
            del self._claims[self._claimed.pop(reference)]

    def mark(self) -> Mark:
        segments = {name: (len(segment), set(segment.dead)) for name, segment in self.overlay.items()}
        mask = {name: set(hidden) for name, hidden in self.mask.items()}
        return Mark(self._next_id, self._writes, segments, mask, dict(self._claims), dict(self._claimed))

    def back_to(self, mark: Mark) -> None:
        """Take back every put and delete, and every id given, since the mark; what was taken back stays hidden."""
        self._next_id, self._writes, self.mask = mark.next_id, mark.writes, mark.mask
        self._claims, self._claimed = mark.claims, mark.claimed
        for name in list(self.overlay):
            if name not in mark.segments:
                del self.overlay[name]
            else:
                self.overlay[name].back_to(*mark.segments[name])
        for reference, versions in list(self._history.items()):
            if versions[-1].at > mark.writes:
                versions[:] = [version for version in versions if version.at <= mark.writes]
                if not versions:
                    del self._history[reference]

    def _version(self, write: Write, number: int, at: int) -> Version:
        offset = meta_offset(write.blob, "meta" in write.resource)
        members = self.world.stamp if number == 1 else stamp(number, self.world.now)
        return Version(number, spliced(write.blob, offset, members), offset, at)

    def _add(self, resource_type: str, id: str, version: Version) -> None:
        over = self.overlay.get(resource_type)
        if over is None:
            over = self.overlay[resource_type] = Overlay(resource_type, self.world.updated)
        over.add(id, version.json, version.offset, version.number, self._hide(resource_type, id))

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


def _referring(segment: Segment, reference: str, hidden: set[int]) -> Iterator[tuple[int, str]]:
    """(number, parameter) of the documents that refer to a resource."""
    for code, index in segment.indexes.items():
        if isinstance(index, KeyIndex):
            yield from ((n, code) for n in sorted(index.posting(reference)) if n not in hidden)


_NOTHING: set[int] = set()


def _refers(write: Write) -> bool:
    return any("/" in text for text in references_in(write.resource))
