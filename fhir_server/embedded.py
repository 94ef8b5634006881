"""The FHIR server in this process: a backend whose worlds are shared and whose episodes are overlays."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from fhir_r4 import HAPI, Change, Fault, Handle, Progress, Request, Response, Rules, Store, World
from fhir_server.base import Base, without_collection
from fhir_server.router import answer
from fhir_server.store import EpisodeStore

_KEPT_WORLDS = 32


@dataclass(frozen=True)
class EmbeddedHandle:
    """A world that is indexed and ready to fork."""

    base: Base

    @property
    def digest(self) -> str:
        return self.base.digest

    @property
    def counts(self) -> Mapping[str, int]:
        return self.base.counts


class EmbeddedBackend:
    """Worlds are indexed once per digest; the least recently loaded of more than `kept_worlds` is forgotten.

    A forgotten world lives on as long as a handle or an episode holds it. One event loop per backend, no locks: every
    answer is computed without an await. rules: how searches and writes are understood.
    """

    name = "embedded"

    def __init__(self, kept_worlds: int = _KEPT_WORLDS, rules: Rules = HAPI) -> None:
        self._worlds: OrderedDict[str, EmbeddedHandle] = OrderedDict()
        self._kept_worlds = kept_worlds
        self._rules = rules

    async def load(self, world: World, progress: Progress | None = None) -> EmbeddedHandle:
        """Index a world. Raises Invalid if it holds what is no resource, or an id twice."""
        handle = self._worlds.get(world.digest)
        if handle is None or handle.base.now_given != world.now:
            handle = await self._build(world, progress)
        self._worlds[world.digest] = handle
        self._worlds.move_to_end(world.digest)
        while len(self._worlds) > self._kept_worlds:
            self._worlds.popitem(last=False)
        return handle

    async def _build(self, world: World, progress: Progress | None) -> EmbeddedHandle:
        base = Base(world, self._rules)
        with without_collection():
            for done in base.fill(world.resources):
                if progress is not None:
                    progress(done, world.size)
                await asyncio.sleep(0)
        return EmbeddedHandle(base)

    async def fork(self, handle: Handle, base: str) -> EpisodeStore:
        return self.fork_now(handle, base)

    def fork_now(self, handle: Handle, base: str) -> EpisodeStore:
        """`fork` without an event loop."""
        if not isinstance(handle, EmbeddedHandle):
            raise Fault("this handle is of another backend; load the world here first")
        return EpisodeStore(handle.base, base.rstrip("/"))

    async def send(self, store: Store, request: Request) -> Response:
        return self.answer(store, request)

    def answer(self, store: Store, request: Request) -> Response:
        """`send` without an event loop."""
        return answer(_own(store), request)

    async def changes(self, store: Store) -> Mapping[str, Change]:
        return _own(store).changes()

    async def close(self, store: Store) -> None:
        _own(store)

    async def aclose(self) -> None:
        self._worlds.clear()


def _own(store: Store) -> EpisodeStore:
    if not isinstance(store, EpisodeStore):
        raise Fault("this store is of another backend")
    return store
