"""Leak channels 5 and 7 on a real HAPI behind the API: its address, its routes and other episodes are out of reach."""

import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from fhir_server.remote import RemoteBackend
from tasks import read_record
from tests.ehr_sandbox.command import Serve, serve
from tests.helpers.fakes import Api, Json, Seat

pytestmark = pytest.mark.hapi

TASK = "mock/tiny/0"
SHARED: list[Json] = [{"resourceType": "Patient", "id": f"p{number}"} for number in range(30)]
OTHERS: list[Json] = [{"resourceType": "Patient", "id": f"q{number}"} for number in range(7)]
HEADERS = {
    "content-type",
    "content-length",
    "connection",
    "date",
    "server",
    "etag",
    "last-modified",
    "x-fhir-left",
    "x-actions-left",
    "www-authenticate",
    "allow",
}
"""All that an answer to an agent may carry."""


@dataclass(frozen=True)
class Seen:
    """An answer as it came from the socket."""

    status: int
    head: str
    body: bytes

    @property
    def headers(self) -> set[str]:
        return {line.partition(":")[0].lower() for line in self.head.split("\r\n")[1:]}


@dataclass(frozen=True)
class Agent:
    """An open episode at the served API, and what its agent must never learn."""

    base: str
    token: str
    secrets: tuple[str, ...]

    def ask(self, method: str, target: str, *headers: str) -> Seen:
        """The target goes out byte by byte: a client would tidy it up."""
        url = urlsplit(self.base)
        lines = [
            f"{method} {target} HTTP/1.1",
            *([] if any(line.startswith("Host:") for line in headers) else [f"Host: {url.netloc}"]),
            f"Authorization: Bearer {self.token}",
            "Content-Length: 0",
            "Connection: close",
            *headers,
        ]
        with socket.create_connection((url.hostname, url.port), timeout=60) as wire:
            wire.sendall("\r\n".join([*lines, "", ""]).encode())
            whole = b"".join(iter(lambda: wire.recv(65536), b""))
        head, _, body = whole.partition(b"\r\n\r\n")
        return Seen(int(head.split()[1]), head.decode("latin-1"), body)

    def fhir(self, path: str, *headers: str) -> Seen:
        return self.ask("GET", f"{urlsplit(self.base).path}/fhir{path}", *headers)

    def told(self, seen: Seen) -> list[str]:
        """Those secrets that an answer carried."""
        text = (seen.head + seen.body.decode("latin-1")).lower().replace("\\/", "/")
        return [secret for secret in self.secrets if secret.lower() in text]


@pytest.fixture(scope="module")
def served(hapi: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    with serve(tmp_path_factory.mktemp("served"), "--backend", hapi) as running:
        yield running


def worlds(hapi: str) -> dict[str, Any]:
    """What HAPI's own route says: sealed digests, the current one, the epoch."""
    found: dict[str, Any] = httpx.get(urljoin(hapi, "/sandbox/worlds")).raise_for_status().json()
    return found


@pytest.fixture
def agent(served: Serve, hapi: str) -> Iterator[Agent]:
    """Fails at the end if anything that the agent sent swapped, emptied or released HAPI's database."""
    with httpx.Client(base_url=served.operator, headers=dict(served.headers), timeout=120) as operator:
        episode = operator.post("/episodes", json={"task": TASK}).raise_for_status().json()
        record = operator.get(f"/episodes/{episode['episode']}/record").content
        digest = read_record(record.splitlines(keepends=True)).header.world_digest
        before = worlds(hapi)
        assert digest in before["worlds"]
        hidden = (urlsplit(hapi).netloc, digest, "epoch", "sandbox/", "template", "jetty", "hapi fhir", "x-powered-by")
        yield Agent(episode["agent_base"], episode["token"], hidden)
        assert worlds(hapi) == before
        operator.post(f"/episodes/{episode['episode']}/close", json={}).raise_for_status()


ROUTES = (
    "sandbox/worlds",
    "sandbox/reset?world={digest}",
    "sandbox/release",
    "sandbox/worlds/{digest}",
    "sandbox/worlds/{digest}/seal",
    "actuator/health",
    "actuator/env",
    "swagger-ui/index.html",
    "fhir/$reindex",
)
WAYS = (
    "/{route}",
    "//{route}",
    "/%2e%2e/{route}",
    "{base}/{route}",
    "{base}/../{route}",
    "{base}/fhir/{route}",
    "{base}/fhir/../{route}",
    "{base}/fhir/../../{route}",
    "{base}/fhir/../../../../{route}",
    "{base}/fhir/%2e%2e/{route}",
    "{base}/fhir/%2E%2E%2f%2e%2e%2f{route}",
    "{base}/fhir/..%2f{route}",
    "{base}/fhir/..;/{route}",
    "{base}/fhir/..\\{route}",
    "{base}/fhir//{route}",
    "{base}/fhir/Patient/../../{route}",
    "{base}/fhir/Patient/%2e%2e/%2e%2e/{route}",
    "{base}/fhir/{hapi}/{route}",
    "{hapi}/{route}",
    "{hapi}{base}/../{route}",
)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_to_a_route_of_the_server_below(agent: Agent, hapi: str, method: str, way: str) -> None:
    digest = agent.secrets[1]
    for route in ROUTES:
        path = route.format(digest=digest)
        target = way.format(route=path, base=urlsplit(agent.base).path, hapi=hapi.removesuffix("/fhir"))
        seen = agent.ask(method, target)
        assert seen.status in (400, 403, 404, 405), (target, seen)
        assert b'"error"' in seen.body or b'"OperationOutcome"' in seen.body, (target, seen)
        assert agent.told(seen) == [], (target, seen)
        assert seen.headers <= HEADERS, (target, seen)


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize("target", ["{hapi}", "http://{hapi}/sandbox/worlds", "*"])
def test_the_api_is_no_proxy(agent: Agent, hapi: str, method: str, target: str) -> None:
    seen = agent.ask(method, target.format(hapi=urlsplit(hapi).netloc))
    assert 400 <= seen.status < 500, seen
    assert agent.told(seen) == []


def first_id(agent: Agent) -> str:
    answer = agent.fhir("/Patient?_count=1&_elements=id").body
    return str(httpx.Response(200, content=answer).json()["entry"][0]["resource"]["id"])


STEERING = (
    "Host: {hapi}",
    "X-Sandbox-Epoch: 1",
    "X-Forwarded-Host: elsewhere.example",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Prefix: /sandbox",
    "Forwarded: host=elsewhere.example",
    "X-Original-URL: /sandbox/worlds",
    "X-HTTP-Method-Override: DELETE",
    "X-Request-ID: mine",
    "Cache-Control: no-cache",
    "X-Cascade: delete",
    "X-Retry-On-Version-Conflict: retry; max-retries=9",
    "Origin: https://elsewhere.example",
)


@pytest.mark.parametrize("header", STEERING)
def test_headers_do_not_steer_the_server_below(agent: Agent, hapi: str, header: str) -> None:
    plain = agent.fhir("/Patient?_sort=_id&_id=" + first_id(agent))
    steered = agent.fhir("/Patient?_sort=_id&_id=" + first_id(agent), header.format(hapi=urlsplit(hapi).netloc))
    assert (steered.status, steered.headers) == (200, plain.headers)
    assert entries(steered) == entries(plain)
    assert agent.told(steered) == []
    assert b"elsewhere" not in steered.body


def entries(seen: Seen) -> Any:
    return httpx.Response(200, content=seen.body).json()["entry"]


def test_answers_of_a_whole_episode_name_nothing_below(agent: Agent) -> None:
    one = first_id(agent)
    page = httpx.Response(200, content=agent.fhir("/Patient?_count=1&_sort=_id").body).json()
    follow = next(row["url"] for row in page["link"] if row["relation"] == "next").removeprefix(f"{agent.base}/fhir")
    seen = [
        agent.ask("GET", f"{urlsplit(agent.base).path}/brief"),
        agent.fhir("/metadata"),
        agent.fhir(f"/Patient/{one}"),
        agent.fhir(f"/Patient/{one}", 'If-None-Match: W/"1"'),
        agent.fhir(follow),
        agent.fhir(f"/Observation?subject=Patient/{one}&_include=Observation:subject"),
        agent.fhir("/Patient/nobody"),
        agent.fhir("/Patient?birthdate=soon"),
        agent.fhir("/Patient?_format=html"),
        agent.fhir("/Patient", "Accept: text/html"),
        agent.fhir("/Binary/1"),
        agent.ask("POST", f"{urlsplit(agent.base).path}/actions"),
        agent.ask("POST", f"{urlsplit(agent.base).path}/submit"),
        agent.ask("GET", "/openapi.json"),
    ]
    assert [answer.status for answer in seen] == [200, 200, 200, 304, 200, 200, 404, 400, 406, 406, 404, 422, 422, 200]
    assert [agent.told(answer) for answer in seen] == [[]] * len(seen)
    assert set[str]().union(*(answer.headers for answer in seen)) <= HEADERS


def test_a_guess_of_the_address_below_is_not_confirmed(agent: Agent, hapi: str) -> None:
    """As any other foreign address: the same answer but for the link that repeats what was asked."""

    def guessed(address: str) -> tuple[int, int]:
        seen = agent.fhir(f"/Observation?subject={address}/Patient/{first_id(agent)}")
        return seen.status, len(entries(seen)) if b'"entry"' in seen.body else 0

    assert guessed(hapi) == guessed("http://elsewhere.example/fhir")
    assert guessed(f"{agent.base}/fhir")[0] == 200


@pytest.fixture(params=["auto", "undo"])
async def upstream(request: pytest.FixtureRequest) -> AsyncIterator[RemoteBackend]:
    """Reset in place, and with writes undone as on any other server."""
    hapi = request.getfixturevalue("hapi" if request.param == "auto" else "empty_hapi")
    backend = RemoteBackend(hapi, reset=request.param)
    yield backend
    await backend.aclose()


@pytest.fixture
async def api(tmp_path: Path, upstream: RemoteBackend) -> AsyncIterator[Api]:
    opened = Api(tmp_path, upstream, resources=SHARED)
    yield opened
    await opened.desk.stop()


async def next_page(seat: Seat) -> str:
    """The link to a second page, below the base."""
    links = (await seat.fhir("/Patient?_count=10&_sort=_id")).json()["link"]
    return str(next(row["url"] for row in links if row["relation"] == "next")).removeprefix(seat.base)


async def test_a_page_of_an_ended_episode_is_like_one_that_never_was(api: Api) -> None:
    """One episode at a time; HAPI itself may still have the page, where writes are undone."""
    one = await api.open()
    page = await next_page(one)
    assert (await one.fhir(page)).status_code == 200
    await one.submit()
    two = await api.open()
    number = parse_qs(page.partition("?")[2])["_getpages"][0]
    await two.raw(f"/Patient?name={two.base}?_getpages={number}")
    old, never = await two.fhir(page), await two.fhir(page.replace(number, number[::-1]))
    assert (old.status_code, old.content) == (410, never.content)
    assert {**old.headers, "x-fhir-left": ""} == {**never.headers, "x-fhir-left": ""}


async def test_another_world_on_the_same_server_is_not_there(hapi: str, tmp_path: Path) -> None:
    """Totals, pages and the words of a refusal depend on the episode's own world."""
    backend = RemoteBackend(hapi)
    before = Api(tmp_path / "before", backend, resources=OTHERS)
    after = Api(tmp_path / "after", backend, resources=SHARED)
    for folder in (tmp_path / "before", tmp_path / "after"):
        folder.mkdir()
    one = await before.open()
    assert (await one.fhir("/Patient?_total=accurate")).json()["total"] == len(OTHERS)
    await one.submit()
    two = await after.open()
    assert (await two.fhir("/Patient?_total=accurate")).json()["total"] == len(SHARED)
    assert (await two.fhir("/Patient?_id=q1")).json().get("entry", []) == []
    left, never = await two.fhir("/Patient/q1"), await two.fhir("/Patient/z1")
    assert (left.status_code, left.text.replace("q1", "z1")) == (404, never.text)
    await after.desk.stop()
    await backend.aclose()
