"""A loaded world, frozen and shared by every episode that is forked from it."""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from fhir_r4 import (
    ID_PATTERN,
    DateRange,
    Invalid,
    World,
    canonical,
    date_range,
    http_date,
    instant_text,
    is_resource_type,
)
from fhir_server.segment import Segment
from fhir_server.splice import META, stamp

_STEP = 2000


class Base:
    """segments: by resource type. Every resource is version 1, last updated at the world's now."""

    def __init__(self, world: World) -> None:
        self.digest = world.digest
        self.now_given = world.now
        self.now = instant_text(world.now)
        self.http_now = http_date(world.now)
        self.updated: DateRange = date_range(self.now)
        self.stamp = stamp(1, self.now)
        self.segments: dict[str, Segment] = {}
        self.forks = 0
        self._total = world.size

    @property
    def counts(self) -> Mapping[str, int]:
        return {name: len(segment) for name, segment in sorted(self.segments.items())}

    def fill(self, resources: Iterable[bytes]) -> Iterator[int]:
        """Add resources in write order; yields the count done now and then. Raises Invalid for what is no resource."""
        done = 0
        for blob in resources:
            self._add(blob)
            done += 1
            if done % _STEP == 0:
                yield done
        for segment in self.segments.values():
            segment.freeze()
        yield done

    def _add(self, blob: bytes) -> None:
        try:
            self._index(*_canonical(blob))
        except (AttributeError, TypeError, ValueError) as error:
            start = blob[:80].decode(errors="replace")
            raise Invalid(
                f"a world holds valid FHIR R4 resources; this one is malformed ({error}): {start}.."
            ) from None

    def _index(self, blob: bytes, resource: dict[str, Any]) -> None:
        name = resource.get("resourceType", "")
        segment = self.segments.get(name)
        if segment is None:
            if not is_resource_type(name):
                raise Invalid(f"a world holds FHIR R4 resources; {name!r} is not a resource type")
            segment = self.segments[name] = Segment(name)
        id = resource.get("id")
        if not isinstance(id, str) or id in segment.number_of or not ID_PATTERN.fullmatch(id):
            raise Invalid(f"every {name} of a world needs its own FHIR id; {id!r} is missing, repeated or malformed")
        # a copy, because bytes fresh from a serialiser may hold more memory than their length
        segment.add(bytes(memoryview(blob)), resource, segment.rows_of(resource), self.updated, 1, len(segment))


def _canonical(blob: bytes) -> tuple[bytes, dict[str, Any]]:
    """The JSON as given if it is canonical where it matters, else made so; and parsed."""
    resource: dict[str, Any] = orjson.loads(blob)
    meta = resource.get("meta")
    if meta is not None and (not meta or "versionId" in meta or "lastUpdated" in meta or META not in blob):
        blob = canonical(blob)
        resource = orjson.loads(blob)
    return blob, resource


@contextmanager
def without_collection() -> Iterator[None]:
    """Bulk loading makes no garbage worth collecting; the collector would walk the growing world again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
