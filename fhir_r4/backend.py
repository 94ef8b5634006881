"""The backend contract: a FHIR server that takes a world in, forks it per episode and answers requests.

Two implementations, one behaviour: `fhir_server.embedded` (in process) and `fhir_server.remote` (any FHIR base URL).
Nothing above knows which it is. Every method may raise a `fhir_r4.problem.Problem`:
`Busy` (the server serves another episode), `BackendDown` (unreachable), `Conflict` (it holds another world).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

Progress = Callable[[int, int], None]
"""Called with (resources done, resources in all)."""


@dataclass(frozen=True)
class World:
    """Everything that exists before the agent starts; it contains no truth.

    now: the virtual instant of the episode, e.g. `2025-03-01T09:00:00Z`. resources: canonical JSON of each resource in
    write order, iterable more than once. digest: see `fhir_r4.canonical.digest`.
    """

    now: str
    resources: Iterable[bytes]
    counts: Mapping[str, int]
    digest: str

    @property
    def size(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Request:
    """A FHIR request relative to the base: path without leading slash (`Patient/a1`, `""`), raw query string."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes | None = None


class Returned(NamedTuple):
    """One resource that an answer carried. full: the whole resource, not a SUBSETTED one."""

    reference: str
    version: str
    full: bool


class Response(NamedTuple):
    status: int
    headers: Mapping[str, str]
    """Names in lower case; never content-length or transfer-encoding."""
    body: bytes
    returned: tuple[Returned, ...] = ()


@dataclass(frozen=True)
class Change:
    """What an episode did to one resource: its JSON before (None: created) and after (None: deleted)."""

    before: bytes | None
    after: bytes | None


class Handle(Protocol):
    """A loaded world."""

    @property
    def digest(self) -> str: ...
    @property
    def counts(self) -> Mapping[str, int]: ...


class Store(Protocol):
    """One episode's copy of a world. base: the URL that its links and fullUrls start with, without a last slash."""

    @property
    def base(self) -> str: ...


class Backend(Protocol):
    @property
    def name(self) -> str:
        """`embedded`, `hapi` (our build, resets in place) or `fhir` (any other server)."""

    async def load(self, world: World, progress: Progress | None = None) -> Handle:
        """Make the world available; cheap if it already is."""

    async def fork(self, handle: Handle, base: str) -> Store:
        """A fresh copy, proved equal to the loaded world, whose links start with `base`."""

    async def send(self, store: Store, request: Request) -> Response:
        """Answer one FHIR request. FHIR errors are answers (status >= 400 with an OperationOutcome), not exceptions."""

    async def changes(self, store: Store) -> Mapping[str, Change]:
        """Every resource that differs from the loaded world, by reference, in sorted order; decimals as written."""

    async def close(self, store: Store) -> None:
        """End the episode; the server is free for the next one."""

    async def aclose(self) -> None:
        """Release connections and processes this backend owns."""
