"""The composition root: the real clock, ids and tokens, the backends, and both APIs wired to the suites."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from ehr_sandbox.grading import grade_record
from ehr_sandbox.runner import Arena
from ehr_sandbox.serving import bind, port_of, serving
from ehr_sandbox.suites import SUITES
from ehr_sandbox.urls import http_url
from ehr_sandbox.world_cache import WorldCache
from ehr_sandbox.worlds import WorldShelf, cached_world
from env_api import Desk, Ports, Settings, TaskRow, create_agent_app, create_operator_app
from fhir_r4 import Backend, NotFound, Progress, World
from fhir_server import EmbeddedBackend
from fhir_server.remote import RemoteBackend
from tasks import Address, Assignment, RunRecord, Scorecard, salt_fingerprint


@dataclass(frozen=True)
class House:
    """What one process is set up with."""

    salt: str
    records: Path
    backend_url: str | None = None
    """None: the embedded engine."""
    world_cache: Path | None = None
    operator_token: str = ""
    """Empty: a random one is made."""


def open_backend(url: str | None) -> Backend:
    """The embedded engine, or the server at `url`. Raises Invalid if that is no URL."""
    if url is None:
        return EmbeddedBackend()
    return RemoteBackend(http_url(url, "--backend", "http://127.0.0.1:8090/fhir"))


def task_rows() -> Sequence[TaskRow]:
    return [
        TaskRow(
            task=f"{suite.name}/{variant}",
            title=suite.assign("public", Address(suite=suite.name, variant=variant, index=0)).title,
            version=suite.version,
            budget=budget,
        )
        for suite in SUITES.values()
        for variant, budget in suite.budgets.items()
    ]


def open_desk(
    house: House,
    backend: Backend,
    settings: Settings,
    shelf: WorldShelf | None = None,
    progress: Progress | None = None,
) -> Desk:
    """env_api gets "build a world" and "grade a record" as callables; the truth stays on this side."""
    shelf = shelf or WorldShelf(house.salt)
    cache = WorldCache(house.world_cache) if house.world_cache else None

    def assign(address: Address) -> Assignment:
        if address.suite not in SUITES or address.variant not in SUITES[address.suite].budgets:
            raise NotFound(f"no task {address.suite}/{address.variant}: list tasks to see what there is")
        return SUITES[address.suite].assign(salt_fingerprint(house.salt), address)

    async def open_world(address: Address) -> World:
        if cache is None:
            return await asyncio.to_thread(lambda: shelf.built(address).world)
        return await asyncio.to_thread(lambda: cached_world(cache, shelf, address))

    def grade(record: RunRecord) -> Scorecard:
        return grade_record(record, shelf)

    house.records.mkdir(parents=True, exist_ok=True)
    return Desk(
        Ports(
            assign=assign,
            open_world=open_world,
            grade=grade,
            list_tasks=task_rows,
            backend=backend,
            clock=time.monotonic,
            new_id=lambda: "e" + secrets.token_hex(10),
            new_token=lambda: secrets.token_urlsafe(32),
            operator_token=house.operator_token or secrets.token_urlsafe(32),
            records=house.records,
            settings=settings,
            progress=progress,
        )
    )


@contextlib.asynccontextmanager
async def arena_over_http(house: House, progress: Progress | None = None) -> AsyncIterator[Arena]:
    """Both APIs on free loopback ports, and clients for them, in this event loop."""
    async with contextlib.AsyncExitStack() as stack:
        backend = open_backend(house.backend_url)
        stack.push_async_callback(backend.aclose)
        agent_socket = stack.enter_context(bind("127.0.0.1", 0))
        operator_socket = stack.enter_context(bind("127.0.0.1", 0))
        agent_url = f"http://127.0.0.1:{port_of(agent_socket)}"
        desk = open_desk(house, backend, Settings(agent_url=agent_url), progress=progress)
        await stack.enter_async_context(serving(create_agent_app(desk), agent_socket))
        await stack.enter_async_context(serving(create_operator_app(desk), operator_socket))
        operator = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port_of(operator_socket)}",
            headers={"Authorization": f"Bearer {desk.ports.operator_token}"},
            timeout=None,
        )
        agent = httpx.AsyncClient(timeout=120.0)
        await stack.enter_async_context(operator)
        await stack.enter_async_context(agent)
        yield Arena(operator, agent, house.records, time.monotonic)


@contextlib.asynccontextmanager
async def arena_in_process(house: House, shelf: WorldShelf | None = None) -> AsyncIterator[Arena]:
    """The same two APIs without sockets: for validation and training loops."""
    async with contextlib.AsyncExitStack() as stack:
        backend = open_backend(house.backend_url)
        stack.push_async_callback(backend.aclose)
        desk = open_desk(house, backend, Settings(agent_url="http://sandbox.local"), shelf)
        stack.push_async_callback(desk.stop)
        operator = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_operator_app(desk)),
            base_url="http://operator.local",
            headers={"Authorization": f"Bearer {desk.ports.operator_token}"},
        )
        agent = httpx.AsyncClient(transport=httpx.ASGITransport(create_agent_app(desk)))
        await stack.enter_async_context(operator)
        await stack.enter_async_context(agent)
        yield Arena(operator, agent, house.records, time.monotonic)
