"""A FHIR backend of a few resources in a dict, and an API around it: everything real but the FHIR engine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import httpx
import orjson
from starlette.types import ASGIApp, Message

import tasks.mock
from env_api import Desk, Ports, Settings, TaskRow, create_agent_app, create_operator_app
from fhir_r4 import (
    BackendDown,
    Busy,
    Change,
    Gone,
    NotFound,
    Progress,
    Request,
    Response,
    Returned,
    World,
    digest,
    reference_of,
)
from tasks import Address, Assignment, RunRecord, Scorecard, read_record

Json = dict[str, Any]
OPERATOR_TOKEN = "operator-secret"

CHART: tuple[Json, ...] = (
    {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1970-05-01"},
    {"resourceType": "Patient", "id": "p2", "gender": "male"},
    {"resourceType": "Patient", "id": "p3", "gender": "male", "birthDate": "1980-01-01"},
    {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"text": "heart rate"},
        "subject": {"reference": "Patient/p1"},
    },
)


def world_of(resources: Iterable[Json] = CHART) -> World:
    blobs = tuple(orjson.dumps(r, option=orjson.OPT_SORT_KEYS) for r in resources)
    kinds = [r["resourceType"] for r in resources]
    named = ((reference_of(r), blob) for r, blob in zip(resources, blobs, strict=True))
    return World("2026-03-02T14:00:00Z", blobs, {k: kinds.count(k) for k in kinds}, digest(named))


@dataclass(frozen=True)
class FakeHandle:
    digest: str
    counts: Mapping[str, int]
    resources: Mapping[str, Json]


@dataclass
class FakeStore:
    base: str
    resources: Mapping[str, Json]
    searches: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class FakeBackend:
    """Reads; searches by `_id`, with `_count`, `_elements` and pages. Page ids work in every store: a careless server.

    down: every request fails. single: it serves one episode at a time. answer: overrides every answer.
    """

    name: str = "fake"
    down: bool = False
    single: bool = False
    answer: Response | None = None
    asked: list[Request] = field(default_factory=list)
    stores: list[FakeStore] = field(default_factory=list)
    pages: dict[str, list[str]] = field(default_factory=dict)

    async def load(self, world: World, progress: Progress | None = None) -> FakeHandle:
        parsed = [orjson.loads(blob) for blob in world.resources]
        return FakeHandle(world.digest, world.counts, {reference_of(r): r for r in parsed})

    async def fork(self, handle: FakeHandle, base: str) -> FakeStore:
        if self.single and self.stores:
            raise Busy("the FHIR server serves another episode: close that one first")
        store = FakeStore(base, handle.resources)
        self.stores.append(store)
        return store

    async def send(self, store: FakeStore, request: Request) -> Response:
        self.asked.append(request)
        if self.down:
            raise BackendDown("the FHIR server does not answer: start it")
        if self.answer is not None:
            return self.answer
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        if "_getpages" in query or "/" not in request.path:
            return self._search(store, request.path, query)
        return _read(store, request, query)

    def _search(self, store: FakeStore, kind: str, query: Mapping[str, str]) -> Response:
        page = query.get("_getpages", f"page-{len(self.pages)}")
        if "_getpages" in query and page not in self.pages:
            return _problem(Gone("no such page"))
        wanted = query["_id"].split(",") if "_id" in query else None
        if page not in self.pages:
            of_type = [r for r in store.resources.values() if r["resourceType"] == kind]
            self.pages[page] = [reference_of(r) for r in of_type if wanted is None or r["id"] in wanted]
        hits, start, count = self.pages[page], int(query.get("_getpagesoffset", "0")), int(query["_count"])
        body: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(hits), "link": [], "entry": []}
        if start + count < len(hits):
            following = urlencode({"_getpages": page, "_getpagesoffset": start + count, "_count": count})
            body["link"].append({"relation": "next", "url": f"{store.base}?{following}"})
        for ref in hits[start : start + count]:
            body["entry"].append({"fullUrl": f"{store.base}/{ref}", "resource": store.resources[ref]})
        full = "_elements" not in query
        return _json(body, tuple(Returned(ref, "1", full) for ref in hits[start : start + count]))

    async def changes(self, store: FakeStore) -> Mapping[str, Change]:
        if self.down:
            raise BackendDown("the FHIR server does not answer: start it")
        return {}

    async def close(self, store: FakeStore) -> None:
        self.stores.remove(store)

    async def aclose(self) -> None:
        self.stores.clear()


def _read(store: FakeStore, request: Request, query: Mapping[str, str]) -> Response:
    if request.path not in store.resources:
        return _problem(NotFound("no such resource"))
    returned = Returned(request.path, "1", "_elements" not in query)
    etag = {"etag": 'W/"1"', "x-powered-by": "upstream.example"}
    if request.headers.get("if-none-match") == 'W/"1"':
        return Response(304, etag, b"", ())
    answer = _json(store.resources[request.path], (returned,))
    return Response(200, {**answer.headers, **etag}, answer.body, answer.returned)


def _json(body: Json, returned: tuple[Returned, ...]) -> Response:
    return Response(200, {"content-type": "application/fhir+json"}, orjson.dumps(body), returned)


def _problem(problem: NotFound | Gone) -> Response:
    return Response(problem.status, {"content-type": "application/fhir+json"}, problem.outcome_bytes())


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Counter:
    """Ids and tokens in order: a0001, a0002, ..."""

    def __init__(self, letter: str) -> None:
        self._letter, self._last = letter, 0

    def __call__(self) -> str:
        self._last += 1
        return f"{self._letter}{self._last:04d}"


def assign_mock(address: Address) -> Assignment:
    if (address.suite, address.variant) != ("mock", "tiny"):
        raise NotFound("no such task: GET /tasks lists them")
    return Assignment(
        address=address,
        version=tasks.mock.VERSION,
        salt="public",
        budget=tasks.mock.BUDGET,
        title=tasks.mock.TITLE,
        instructions=tasks.mock.INSTRUCTIONS,
        actions=tasks.mock.ACTIONS,
        report=tasks.mock.REPORT,
    )


def grade_by_count(record: RunRecord) -> Scorecard:
    """A scorecard that only says how many findings stand."""
    header = record.header
    return Scorecard(
        task=header.task,
        agent=header.agent,
        backend=header.backend,
        episode=header.episode,
        cause=record.end.cause if record.end else "cut_off",
        sealed=False,
        salt=header.salt,
        world_version=header.world_version,
        world_digest=header.world_digest,
        grader_version="0",
        assisted=False,
        net=0.0,
        reward=0.0,
        metrics={"findings": len(record.findings)},
        checkpoints=(),
        findings_sha256="",
    )


@dataclass
class Seat:
    """One agent at its episode."""

    http: httpx.AsyncClient
    app: ASGIApp
    episode: str
    token: str
    base: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    async def fhir(self, path: str = "", method: str = "GET", **headers: str) -> httpx.Response:
        return await self.http.request(method, f"{self.base}{path}", headers={**self.headers, **headers})

    async def raw(self, path: str) -> httpx.Response:
        """GET with the path as it is: a client would tidy it up."""
        return await raw_get(self.app, f"/episodes/{self.episode}/fhir{path}", self.token)

    async def brief(self) -> httpx.Response:
        return await self.http.get(f"/episodes/{self.episode}/brief", headers=self.headers)

    async def act(self, sent: Any) -> httpx.Response:
        """An object as JSON, bytes as they are."""
        content = sent if isinstance(sent, bytes) else orjson.dumps(sent)
        return await self.http.post(f"/episodes/{self.episode}/actions", content=content, headers=self.headers)

    async def flag(self, subject: str = "Patient/p2", *evidence: str, **changes: Any) -> httpx.Response:
        return await self.act(flag(subject, *evidence, **changes))

    async def submit(self, report: Any = None) -> httpx.Response:
        content = orjson.dumps({"counts": {"missing_birth_date": 1}, "narrative": ""} if report is None else report)
        return await self.http.post(f"/episodes/{self.episode}/submit", content=content, headers=self.headers)


def flag(subject: str = "Patient/p2", *evidence: str, **changes: Any) -> Json:
    return {
        "action": "flag_finding",
        "subject": subject,
        "type": "missing_birth_date",
        "evidence": list(evidence),
        "confidence": 0.9,
        "corrective_action": "query_site",
        "rationale": "no birth date",
    } | changes


async def raw_get(app: ASGIApp, target: str, token: str) -> httpx.Response:
    """GET a target byte by byte, as a socket would hand it over."""
    path, _, query = target.partition("?")
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"authorization", f"Bearer {token}".encode())],
    }
    await app(scope, receive, send)
    return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=sent[1]["body"])


class Api:
    """Both APIs over one desk, in process."""

    def __init__(
        self,
        records: Path,
        backend: Any = None,
        settings: Settings | None = None,
        resources: Iterable[Json] = CHART,
    ) -> None:
        world = world_of(resources)

        async def open_world(_: Address) -> World:
            return world

        self.backend = FakeBackend() if backend is None else backend
        self.clock = Clock()
        self.records = records
        row = TaskRow(task="mock/tiny", title=tasks.mock.TITLE, version=tasks.mock.VERSION, budget=tasks.mock.BUDGET)
        self.desk = Desk(
            Ports(
                assign=assign_mock,
                open_world=open_world,
                grade=grade_by_count,
                list_tasks=lambda: [row],
                backend=self.backend,
                clock=self.clock,
                new_id=Counter("e"),
                new_token=Counter("t"),
                operator_token=OPERATOR_TOKEN,
                records=records,
                settings=settings or Settings(agent_url="http://agent.test"),
            )
        )
        self.agent_app = create_agent_app(self.desk)
        self.operator_app = create_operator_app(self.desk)
        quiet = httpx.ASGITransport(self.agent_app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=quiet, base_url="http://agent.test")
        self.operator = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.operator_app, raise_app_exceptions=False),
            base_url="http://operator.test",
            headers={"authorization": f"Bearer {OPERATOR_TOKEN}"},
        )

    async def open(self, task: str = "mock/tiny/0", agent: str | None = None) -> Seat:
        opened = (await self.operator.post("/episodes", json={"task": task, "agent": agent})).json()
        return Seat(self.http, self.agent_app, opened["episode"], opened["token"], opened["fhir_base"])

    def lines(self, seat: Seat) -> list[Json]:
        return [orjson.loads(line) for line in self.path(seat).read_bytes().splitlines()]

    def record(self, seat: Seat) -> RunRecord:
        with self.path(seat).open("rb") as lines:
            return read_record(lines)

    def path(self, seat: Seat) -> Path:
        return self.records / f"{seat.episode}.ndjson"
