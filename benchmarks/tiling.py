"""A world of any size: one world over and over, each copy with ids of its own."""

import re
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from fhir_r4 import World

_ID = re.compile(rb'"id":"[A-Za-z0-9\-.]+|"reference":"[A-Za-z]+/[A-Za-z0-9\-.]+')


def tiled(world: World) -> Iterator[bytes]:
    """Resources without end; whole copies are closed under references."""
    yield from world.resources
    for number in count(1):
        suffix = b"\\g<0>-%d" % number
        for blob in world.resources:
            yield _ID.sub(suffix, blob)


def write_tiled(path: Path, world: World, number: int) -> None:
    """The first `number` resources, one a line."""
    with path.open("wb") as lines:
        lines.writelines(blob + b"\n" for blob in islice(tiled(world), number))
