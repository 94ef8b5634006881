"""Built worlds: once per process, and on disk if a cache folder is given."""

from collections import OrderedDict
from threading import Lock

from ehr_sandbox.generators import GENERATORS, Built
from ehr_sandbox.world_cache import WorldCache
from fhir_r4 import World
from tasks import Address


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
            made = self._built.pop(address, None) or GENERATORS[address.suite].build(self.salt, address)
            self._built[address] = made
            while len(self._built) > self._keep:
                self._built.popitem(last=False)
            return made

    def clear(self) -> None:
        with self._building:
            self._built.clear()


def cached_world(cache: WorldCache, shelf: WorldShelf, address: Address) -> World:
    """From the cache if it is there and whole, else built and kept."""
    world = cache.find(shelf.salt, str(address))
    if world is None:
        world = shelf.built(address).world
        cache.keep(shelf.salt, str(address), world)
    return world
