"""A backend on any FHIR R4 server over HTTP: our own HAPI build, which resets in place, or any other, where an
episode's writes are undone. One episode at a time per server; before each the state is proved to be the loaded one."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

import httpx
import orjson

from fhir_r4 import (
    BackendDown,
    Busy,
    Change,
    Conflict,
    Gone,
    Handle,
    NotFound,
    Problem,
    Progress,
    Request,
    Response,
    Store,
    World,
    canonical,
    digest,
    parse_reference,
    reference_of,
)
from fhir_server.remote import answer as answers
from fhir_server.remote.definitions import give_definitions, is_definition
from fhir_server.remote.loader import LoadReport, load_resources
from fhir_server.remote.paths import forwarded_headers, parameters, refusal
from fhir_server.remote.sandbox import Sandbox, is_taken_over
from fhir_server.remote.undo import undo
from fhir_server.remote.upstream import Upstream
from fhir_server.remote.writes import Target, created, is_write, targets

Reset = Literal["auto", "undo"]


@dataclass(frozen=True)
class RemoteHandle:
    """A world that the server holds."""

    digest: str
    counts: Mapping[str, int]


@dataclass
class RemoteStore:
    """One episode on the server. before: what each resource that it may have written was (None: was not there)."""

    base: str
    handle: RemoteHandle
    before: dict[str, bytes | None] = field(default_factory=dict)
    pages: dict[str, bool] = field(default_factory=dict)
    """Paging ids that this episode was given, and whether they page through parts of resources."""
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_open: bool = True


class RemoteBackend:
    """`fhir_r4.Backend` on the FHIR server at `base_url` (with /fhir, where HAPI has it).

    reset: `auto` uses the server's /sandbox routes if it has them; `undo` never does. client: for tests and for special
    transports; it is not closed by `aclose`.
    """

    def __init__(
        self, base_url: str, *, client: httpx.AsyncClient | None = None, reset: Reset = "auto", timeout: float = 60.0
    ) -> None:
        self._own_client = client is None
        self._upstream = Upstream(
            base_url.rstrip("/"),
            client
            or httpx.AsyncClient(timeout=httpx.Timeout(timeout, connect=10), limits=httpx.Limits(max_connections=8)),
        )
        self._reset = reset
        self._sandbox: Sandbox | None = None
        self._is_connected = False
        self._is_changing = False
        self._store: RemoteStore | None = None
        self._touched: tuple[str, Mapping[str, bytes | None]] = ("", {})
        self._to_undo: Mapping[str, bytes | None] = {}
        self._not_put_back: tuple[str, ...] = ()
        self._ghosts: set[str] = set()
        """Created by an earlier episode and deleted since: HAPI would say 410, which tells of that episode."""

    @property
    def name(self) -> str:
        """`hapi` or `fhir`; known after the first `load`, `fhir` before."""
        return "hapi" if self._sandbox else "fhir"

    @property
    def not_put_back(self) -> tuple[str, ...]:
        """What undoing could not restore on this server since it was connected: versions, server-given numbers."""
        return self._not_put_back

    async def load(self, world: World, progress: Progress | None = None) -> RemoteHandle:
        """Raises Busy while an episode is open or another world is being loaded, Conflict if the server refuses a
        resource or (without /sandbox) holds another world."""
        with self._alone():
            await self._connect()
            if self._sandbox:
                await self._load_template(self._sandbox, world, progress)
            else:
                await self._load_only_world(world, progress)
        return RemoteHandle(world.digest, dict(world.counts))

    async def fork(self, handle: Handle, base: str) -> RemoteStore:
        """Raises Busy while another episode is open, Conflict if the server is not in the loaded world's state."""
        mine = RemoteHandle(handle.digest, dict(handle.counts))
        with self._alone():
            await self._connect()
            await self._put_back(mine.digest)
            await self._prove(mine)
            self._touched = (mine.digest, {})
            self._store = RemoteStore(base.rstrip("/"), mine)
        return self._store

    async def send(self, store: Store, request: Request) -> Response:
        mine = self._mine(store)
        problem = refusal(request) or _foreign_page(mine, request) or self._ghost(mine, request)
        if problem:
            return Response(problem.status, {"content-type": "application/fhir+json"}, problem.outcome_bytes())
        if not is_write(request):
            return await self._pass_on(mine, request)
        async with mine.writing:
            for target in targets(request):
                await self._remember(mine, target)
            return await self._pass_on(mine, request)

    async def changes(self, store: Store) -> Mapping[str, Change]:
        mine = self._mine(store)
        after = await self._upstream.read_all(mine.before)
        return {ref: Change(old, after[ref]) for ref, old in sorted(mine.before.items()) if old != after[ref]}

    async def close(self, store: Store) -> None:
        mine = _remote(store)
        if not mine.is_open:
            return
        mine.is_open = False
        self._touched = (mine.handle.digest, dict(mine.before))
        self._store = None
        self._to_undo = {} if self._sandbox else dict(mine.before)
        with suppress(BackendDown):  # the next fork puts everything back and proves it
            if self._sandbox:
                await self._sandbox.release()
            else:
                await self._undo()

    async def aclose(self) -> None:
        """An episode that is still open is not undone, but another client may reset the server at once."""
        if self._sandbox and self._store:
            with suppress(BackendDown):
                await self._sandbox.release()
        if self._own_client:
            await self._upstream.client.aclose()

    async def verify(self, handle: Handle) -> str:
        """The digest of everything that the server holds now; equal to `handle.digest` if it is the loaded world."""
        kinds = (await self._upstream.all_counts()).keys() | handle.counts.keys()
        return await self._digest(kinds)

    async def _digest(self, kinds: set[str]) -> str:
        rows = [row for kind in sorted(kinds) async for row in self._upstream.walk(kind)]
        return digest(row for row in rows if not is_definition(row[0]))

    async def _connect(self) -> None:
        if self._is_connected:
            return
        if self._reset == "auto":
            sandbox = Sandbox(self._upstream)
            self._sandbox = sandbox if await sandbox.worlds() is not None else None
        await self._upstream.learn_link_base()
        self._is_connected = True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._store or self._is_changing:
            raise Busy(
                f"{self._upstream.base} serves one episode at a time; close the other one or start a second server"
            )
        self._is_changing = True
        try:
            yield
        finally:
            self._is_changing = False

    def _mine(self, store: Store) -> RemoteStore:
        mine = _remote(store)
        if not mine.is_open or mine is not self._store:
            raise Gone("this episode is closed; open a new one")
        return mine

    async def _load_template(self, sandbox: Sandbox, world: World, progress: Progress | None) -> None:
        if world.digest in (await sandbox.worlds() or frozenset()):
            return
        await sandbox.start(world.digest)
        try:
            await self._write(list(world.resources), progress)
            await self._must_equal(world)
            await sandbox.seal(world.digest)
        finally:
            with suppress(BackendDown):
                await sandbox.release()

    async def _load_only_world(self, world: World, progress: Progress | None) -> None:
        """Loads what is missing, if the server holds nothing else: it may be empty, complete, or half loaded."""
        resources = {reference_of(orjson.loads(text)): canonical(text) for text in world.resources}
        total = len(resources)
        for kind in sorted((await self._upstream.all_counts()).keys()):
            async for reference, text in self._upstream.walk(kind):
                if not is_definition(reference) and resources.pop(reference, None) != text:
                    raise Conflict(
                        f"{self._upstream.base} holds something else already ({reference} is not of this world, "
                        f"or not as it was loaded). {_HOW_TO_EMPTY}"
                    )
        if len(resources) == total:
            await give_definitions(self._upstream)
        if resources:
            await self._write(list(resources.values()), progress)
        await self._must_equal(world)

    async def _write(self, resources: list[bytes], progress: Progress | None) -> None:
        report = await load_resources(
            self._upstream.base,
            resources,
            progress=progress,
            client=self._upstream.client,
            headers=self._upstream.extra,
        )
        if report.failures:
            raise Conflict(_refused(report, len(resources)))

    async def _must_equal(self, world: World) -> None:
        found = await self._digest(set(world.counts))
        if found != world.digest:
            raise Conflict(
                f"{self._upstream.base} does not answer what was loaded (digest {found[:12]}.., loaded "
                f"{world.digest[:12]}..): it changes resources, or somebody else writes to it. {_HOW_TO_EMPTY}"
            )

    async def _prove(self, handle: RemoteHandle) -> None:
        """The resources that the last episode touched and the counts by type are as loaded."""
        touched = self._touched[1] if self._touched[0] == handle.digest else {}
        kinds = handle.counts.keys() | {ref.partition("/")[0] for ref in touched}
        counts = await self._upstream.counts(kinds)
        wrong = [
            f"{k}: {n} instead of {handle.counts.get(k, 0)}" for k, n in counts.items() if n != handle.counts.get(k, 0)
        ]
        now = await self._upstream.read_all(touched)
        wrong += [f"{ref} differs" for ref in sorted(touched) if now[ref] != touched[ref]]
        if wrong:
            raise Conflict(
                f"{self._upstream.base} is not in the loaded state ({'; '.join(wrong[:5])}). {_HOW_TO_EMPTY}"
            )

    async def _put_back(self, digest: str) -> None:
        if self._sandbox:
            await self._sandbox.reset(digest)
        else:
            await self._undo()

    async def _undo(self) -> None:
        """Again at the next fork if it fails at the close."""
        if self._to_undo:
            left = await undo(self._upstream, self._to_undo)
            self._not_put_back = tuple(dict.fromkeys(self._not_put_back + left))
            self._ghosts |= {ref for ref, old in self._to_undo.items() if old is None}
            self._to_undo = {}

    def _ghost(self, store: RemoteStore, request: Request) -> Problem | None:
        asked = parse_reference("/".join(request.path.strip("/").split("/")[:2]))
        if (
            request.method not in ("GET", "HEAD")
            or asked is None
            or str(asked) not in self._ghosts - store.before.keys()
        ):
            return None
        return NotFound(f"HAPI-2001: Resource {asked} is not known", issue="processing")

    async def _remember(self, store: RemoteStore, target: Target) -> None:
        if target.reference:
            if target.reference not in store.before:
                store.before[target.reference] = await self._upstream.read(target.reference)
            return
        async for reference, text in self._upstream.find(target.kind, target.query):
            store.before.setdefault(reference, text)

    async def _pass_on(self, store: RemoteStore, request: Request) -> Response:
        answer = await self._upstream.call(
            request.method, request.path, request.query, forwarded_headers(request), request.body
        )
        if is_taken_over(answer):
            raise Conflict(
                f"another client has reset {self._upstream.base}, or it was restarted; use one server per API"
            )
        node = answers.parsed(answer.content)
        for reference in created(answer.status_code, answer.headers, node):
            store.before.setdefault(reference, None)
        part = answers.asks_for_part(request) or any(store.pages.get(id_, False) for id_ in _pages_asked(request))
        store.pages |= dict.fromkeys(answers.page_ids(node), part)
        return Response(
            answer.status_code,
            answers.rewritten_headers(answer.headers, self._upstream.bases, store.base),
            answers.rewritten_body(
                answer.content, self._upstream.bases, store.base, is_error=answer.status_code >= 400
            ),
            answers.returned_by(answer.status_code, node, part=part),
        )


def _remote(store: Store) -> RemoteStore:
    if not isinstance(store, RemoteStore):
        raise TypeError(f"{type(store).__name__} is another backend's store")
    return store


def _pages_asked(request: Request) -> list[str]:
    return [value for name, value in parameters(request.query) if name == "_getpages"]


def _foreign_page(store: RemoteStore, request: Request) -> Problem | None:
    unknown = [id_ for id_ in _pages_asked(request) if id_ not in store.pages]
    return (
        Gone(f'HAPI-0417: Search ID "{unknown[0]}" does not exist and may have expired', issue="processing")
        if unknown
        else None
    )


def _refused(report: LoadReport, total: int) -> str:
    shown = "; ".join(f"{f.reference}: HTTP {f.status} {f.diagnostics}" for f in report.failures[:5])
    return f"the FHIR server refused {len(report.failures)} of {total} resources: {shown}"


_HOW_TO_EMPTY = (
    "Start it with an empty database (docker compose -f docker/compose.yaml down --volumes, then up), "
    "or use the HAPI of docker/hapi, which holds many worlds."
)
