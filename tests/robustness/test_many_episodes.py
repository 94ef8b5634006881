"""256 episodes at once on one embedded backend, over real HTTP: each is alone with its world, and all end cleanly.

Agents reach a chart through the agent API, which only reads; so writes are tried on one FHIR base per episode (the
backend's contract), and the agent API with what agents do there.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from ehr_sandbox.serving import bind, port_of, serving
from env_api import Settings
from fhir_server import EmbeddedBackend, fhir_app
from fhir_server.contract import contract_resources, contract_world
from tests.helpers.fakes import Api, Json, Seat, flag
from tests.helpers.whole import WHOLE

EPISODES = 256
AUDITS = EPISODES if WHOLE else 64
_AT_ONCE = 32
"""Connections."""
_MOST_BYTES = 96 * 2**20
_FHIR = {"content-type": "application/fhir+json", "accept": "application/fhir+json"}


def resident() -> int:
    """Bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def all_at_once(play: Callable[[int], Awaitable[None]], episodes: int) -> None:
    """Every episode one step after the other, all of them together."""
    async with asyncio.TaskGroup() as group:
        for number in range(episodes):
            group.create_task(_played(play, number))


async def _played(play: Callable[[int], Awaitable[None]], number: int) -> None:
    await play(number)


# -- one FHIR base per episode -----------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def bases() -> AsyncIterator[tuple[EmbeddedBackend, list[Any], httpx.AsyncClient]]:
    """The backend, a store per episode, and a client; episode n is at /n/fhir."""
    listener, backend = bind("127.0.0.1", 0), EmbeddedBackend()
    handle = await backend.load(contract_world())
    root = f"http://127.0.0.1:{port_of(listener)}"
    stores = [await backend.fork(handle, f"{root}/{n}/fhir") for n in range(EPISODES)]
    apps: dict[str, ASGIApp] = {str(n): fhir_app(backend, store, f"/{n}/fhir") for n, store in enumerate(stores)}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = scope["path"].split("/")[1] if scope["type"] == "http" else "0"
        await apps[chosen](scope, receive, send)

    limits = httpx.Limits(max_connections=_AT_ONCE)
    async with serving(app, listener), httpx.AsyncClient(limits=limits, timeout=120, headers=_FHIR) as client:
        yield backend, stores, client


async def chart(client: httpx.AsyncClient, base: str, number: int) -> None:
    """Read, page, write, change, delete and look back; everything this finds is of this episode."""
    mine = f"Family{number}x"

    async def ask(method: str, path: str, status: int, body: Json | None = None) -> Json:
        answer = await client.request(method, path if path.startswith("http") else f"{base}/{path}", json=body)
        assert (answer.status_code, answer.headers["content-type"][:21]) == (status, "application/fhir+json")
        found: Json = answer.json()
        return found

    def person(**more: Any) -> Json:
        return {"resourceType": "Patient", "name": [{"family": mine}], **more}

    page = await ask("GET", "Observation?patient=p-d&_count=10&_sort=_id", 200)
    made = await ask("POST", "Patient", 201, person())
    assert made["id"] == "1000"
    await asyncio.sleep(0)
    await ask("PUT", "Patient/p-a", 200, person(id="p-a", gender=("male", "female")[number % 2]))
    for value in range(3):
        quantity = {"value": number * 10 + value}
        body = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": mine},
            "subject": {"reference": "Patient/p-a"},
        }
        await ask("POST", "Observation", 201, body | {"valueQuantity": quantity})
    await ask("DELETE", f"Observation/w-{number % 30 + 1:02}", 200)
    found = await ask("GET", "Patient?family=Family&_sort=_id", 200)
    assert [(row["resource"]["id"], row["resource"]["name"][0]["family"]) for row in found["entry"]] == [
        ("1000", mine),
        ("p-a", mine),
    ]
    values = await ask("GET", "Observation?patient=p-a&status=final&value-quantity=ge0&_id=1001,1002,1003", 200)
    assert sorted(row["resource"]["valueQuantity"]["value"] for row in values["entry"]) == [
        number * 10 + n for n in range(3)
    ]
    seen = [row["resource"]["id"] for row in page["entry"]]
    while link := next((row["url"] for row in page["link"] if row["relation"] == "next"), None):
        assert link.startswith(f"{base}?_getpages=")
        page = await ask("GET", link, 200)
        seen += [row["resource"]["id"] for row in page["entry"]]
    assert seen == [f"w-{n:02}" for n in range(1, 31) if n != number % 30 + 1 or n <= 10]
    history = await ask("GET", "_history?_count=7", 200)
    assert {row["fullUrl"].removeprefix(base) for row in history["entry"][:6]} == {
        *("/Patient/1000", "/Patient/p-a", "/Observation/1001", "/Observation/1002", "/Observation/1003"),
        f"/Observation/w-{number % 30 + 1:02}",
    }
    await ask("GET", f"{base.rsplit('/', 2)[0]}/{(number + 1) % EPISODES}/fhir?_getpages={link_id(page)}", 410)


def link_id(page: Json) -> str:
    return str(page["id"])


async def test_no_episode_sees_the_writes_pages_ids_or_history_of_another() -> None:
    async with bases() as (backend, stores, client):
        before = resident()
        await all_at_once(lambda number: chart(client, stores[number].base, number), EPISODES)
        assert resident() - before < _MOST_BYTES
        for number, store in enumerate(stores):
            changed = await backend.changes(store)
            assert set(changed) == {
                *("Observation/1001", "Observation/1002", "Observation/1003", "Patient/1000", "Patient/p-a"),
                f"Observation/w-{number % 30 + 1:02}",
            }
            await backend.close(store)


# -- the agent API -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Api]:
    listener = bind("127.0.0.1", 0)
    settings = Settings(agent_url=f"http://127.0.0.1:{port_of(listener)}", open_max=AUDITS)
    api = Api(tmp_path, EmbeddedBackend(), settings, contract_resources())
    async with serving(api.agent_app, listener):
        yield api


async def test_no_agent_sees_the_pages_or_findings_of_another(served: Api) -> None:
    seats = [await served.open() for _ in range(AUDITS)]
    before = resident()
    limits = httpx.Limits(max_connections=_AT_ONCE)
    async with httpx.AsyncClient(limits=limits, timeout=120) as client:
        pages: list[str] = [""] * AUDITS

        async def audit(number: int) -> None:
            seat = Seat(client, served.agent_app, seats[number].episode, seats[number].token, seats[number].base)
            page = (await seat.fhir("/Observation?patient=p-d&_count=10")).json()
            pages[number] = next(row["url"] for row in page["link"] if row["relation"] == "next")
            assert pages[number].startswith(f"{seat.base}?_getpages=")
            await asyncio.sleep(0)
            assert len((await client.get(pages[number], headers=seat.headers)).json()["entry"]) == 10
            assert (await seat.fhir(f"/Patient/p-{'abcd'[number % 4]}")).status_code == 200
            neighbour = pages[number - 1].partition("?")[2]
            assert not neighbour or (await seat.fhir(f"?{neighbour}")).status_code == 410
            act = await client.post(
                f"{agent(seat)}/actions", json=flag(f"Patient/p-{'abcd'[number % 4]}"), headers=seat.headers
            )
            assert act.json()["accepted"], act.text
            report = {"counts": {"missing_birth_date": 1}, "narrative": f"episode {number}"}
            assert (await client.post(f"{agent(seat)}/submit", json=report, headers=seat.headers)).status_code == 200

        await all_at_once(audit, AUDITS)
    assert resident() - before < _MOST_BYTES
    for number, seat in enumerate(seats):
        record = served.record(seat)
        assert record.end is not None
        assert record.end.cause == "submitted"
        assert [finding.subject for finding in record.findings] == [f"Patient/p-{'abcd'[number % 4]}"]
        assert f"Patient/p-{'abcd'[(number + 1) % 4]}" not in record.retrieved


def agent(seat: Seat) -> str:
    return seat.base.removesuffix("/fhir")
