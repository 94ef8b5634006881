"""A loaded world, frozen and shared by every episode that is forked from it."""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import orjson

from fhir_r4 import (
    HAPI,
    ID_PATTERN,
    DateRange,
    Invalid,
    Rules,
    World,
    canonical,
    date_range,
    http_date,
    instant_text,
    is_resource_type,
)
from fhir_server.filling import Dates, Filler
from fhir_server.loaded import Loaded
from fhir_server.splice import META, meta_offset, stamp

_STEP = 2000


class Base:
    """segments: by resource type. Every resource is version 1, last updated at the world's now."""

    def __init__(self, world: World, rules: Rules = HAPI) -> None:
        self.rules = rules
        self.digest = world.digest
        self.now_given = world.now
        self.now = instant_text(world.now)
        self.http_now = http_date(world.now)
        self.updated: DateRange = date_range(self.now)
        self.stamp = stamp(1, self.now)
        self.segments: dict[str, Loaded] = {}
        self.forks = 0
        self._total = world.size

    @property
    def counts(self) -> Mapping[str, int]:
        return {name: len(segment) for name, segment in sorted(self.segments.items())}

    def fill(self, resources: Iterable[bytes]) -> Iterator[int]:
        """Add resources in write order; yields the count done now and then. Raises Invalid for what is no resource."""
        done, dates = 0, Dates()
        fillers: dict[str, Filler] = {}
        for blob in resources:
            self._add(blob, fillers, dates)
            done += 1
            if done % _STEP == 0:
                yield done
        for name, filler in fillers.items():
            self.segments[name] = filler.segment
            filler.segment.complete(filler.finish(), self.updated)
        yield done

    def _add(self, blob: bytes, fillers: dict[str, Filler], dates: Dates) -> None:
        try:
            resource = orjson.loads(blob)
            offset, meta = 0, resource.get("meta")
            if meta is not None:
                at = blob.find(META)
                if at < 0 or not meta or "versionId" in meta or "lastUpdated" in meta:
                    blob = canonical(blob)
                    resource = orjson.loads(blob)
                    offset = meta_offset(blob, "meta" in resource)
                else:
                    alone = blob.find(META, at + 1) < 0
                    offset = at + len(META) if alone else meta_offset(blob, True)
            name, id = resource.get("resourceType", ""), resource.get("id")
            filler = fillers.get(name)
            if filler is None:
                filler = fillers[name] = self._filler(name, dates)
            segment = filler.segment
            numbers = segment.number_of
            if not _is_id(id) or id in numbers:
                raise Invalid(
                    f"every {name} of a world needs its own FHIR id; {id!r} is missing, repeated or malformed"
                )
            numbers[id] = n = len(numbers)
            filler.fill(n, resource)
            segment.add(id, blob, offset)
        except (AttributeError, TypeError, ValueError) as error:
            start = blob[:80].decode(errors="replace")
            raise Invalid(
                f"a world holds valid FHIR R4 resources; this one is malformed ({error}): {start}.."
            ) from None

    def _filler(self, name: str, dates: Dates) -> Filler:
        if not is_resource_type(name):
            raise Invalid(f"a world holds FHIR R4 resources; {name!r} is not a resource type")
        return Filler(Loaded(name, self.stamp), dates)


def _is_id(id: object) -> bool:
    if not isinstance(id, str):
        return False
    plain = len(id) <= 64 and id.isascii() and id.isalnum()
    return plain or ID_PATTERN.fullmatch(id) is not None


@contextmanager
def without_collection() -> Iterator[None]:
    """Bulk loading makes no garbage worth collecting; the collector would walk the growing world again and again.

    Afterwards all that is there counts as old, so that the next collection does not walk it either.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()
            gc.unfreeze()
            gc.enable()
