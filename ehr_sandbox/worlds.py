"""Built worlds: once per process, and on disk if a cache folder is given (worlds only, never the truth)."""

import hashlib
import shutil
from collections import OrderedDict
from pathlib import Path

from ehr_sandbox.suites import SUITES, Built
from ehr_sandbox.world_files import MANIFEST, read_world, write_world
from fhir_r4 import World
from tasks import Address


def cache_key(salt: str, address: Address) -> str:
    """SHA-256 of (salt, suite, variant, index, version): tells nothing of any of them."""
    parts = (salt, address.suite, address.variant, str(address.index), SUITES[address.suite].version)
    return hashlib.sha256("\x1f".join(("world", *parts)).encode()).hexdigest()


class WorldShelf:
    """The last few worlds built under one salt, with their truths."""

    def __init__(self, salt: str, *, keep: int = 4) -> None:
        self.salt = salt
        self._keep = keep
        self._built: OrderedDict[Address, Built] = OrderedDict()

    def built(self, address: Address) -> Built:
        """Build or recall. Raises Invalid for an unknown variant."""
        if address in self._built:
            self._built.move_to_end(address)
            return self._built[address]
        made = SUITES[address.suite].build(self.salt, address)
        self._built[address] = made
        while len(self._built) > self._keep:
            self._built.popitem(last=False)
        return made


class WorldCache:
    """A folder of worlds by key, checked by digest on every read; safe to delete at any time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def world(self, shelf: WorldShelf, address: Address) -> World:
        """From the folder if it is there and whole, else built and kept. Raises Problem on a damaged entry."""
        path = self.folder / cache_key(shelf.salt, address)
        if (path / MANIFEST).is_file():
            return read_world(path)
        world = shelf.built(address).world
        partial = path.with_name(path.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        write_world(world, partial)
        partial.rename(path)
        return world
