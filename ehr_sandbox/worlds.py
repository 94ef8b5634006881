"""Built worlds: once per process, and on disk if a cache folder is given (worlds only, never the truth)."""

import hashlib
import tempfile
from collections import OrderedDict
from pathlib import Path
from threading import Lock

from ehr_sandbox.suites import SUITES, Built
from ehr_sandbox.world_files import MANIFEST, read_world, write_world
from fhir_r4 import Invalid, World
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
        self._building = Lock()

    def built(self, address: Address) -> Built:
        """Build or recall; threads that ask for the same world wait for one. Raises Invalid for an unknown variant."""
        with self._building:
            made = self._built.pop(address, None) or SUITES[address.suite].build(self.salt, address)
            self._built[address] = made
            while len(self._built) > self._keep:
                self._built.popitem(last=False)
            return made

    def clear(self) -> None:
        with self._building:
            self._built.clear()


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
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="partial-") as folder:
            partial = Path(folder) / path.name
            write_world(world, partial)
            try:
                partial.rename(path)
            except OSError as error:  # another process was faster, or a folder without manifest is in the way
                if not (path / MANIFEST).is_file():
                    raise Invalid(f"{path} is damaged (no {MANIFEST}): delete it") from error
        return world
