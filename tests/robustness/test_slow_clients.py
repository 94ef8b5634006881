"""Clients that are slow, silent or gone, on real sockets: nobody else waits for them, and they do not stay for ever."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from functools import cache

import httpx
import pytest

from ehr_sandbox.connection import Connection
from ehr_sandbox.serving import bind, port_of, serving
from fhir_r4 import World
from fhir_server import EmbeddedBackend, fhir_app
from tests.helpers.fhir import patient, world_of

_LONG = "x" * 20_000
_POST = (
    b"POST /fhir/Patient HTTP/1.1\r\nhost: x\r\ncontent-type: application/fhir+json\r\ncontent-length: 27\r\n\r\n"
    b'{"resourceType":"Patient" }'
)
_SEARCH = b"GET /fhir/Patient?_count=1000 HTTP/1.1\r\nhost: x\r\n\r\n"


class Impatient(Connection):
    request_seconds = 0.4
    answer_seconds = 0.4


@cache
def crowd() -> World:
    return world_of([patient(f"p{n}", name=[{"family": _LONG}]) for n in range(1000)])


@contextlib.asynccontextmanager
async def served(connection: type[Connection] = Connection) -> AsyncIterator[tuple[int, httpx.AsyncClient]]:
    """(port, another client) of a server with 20 MB of patients."""
    listener = bind("127.0.0.1", 0)
    base = f"http://127.0.0.1:{port_of(listener)}/fhir"
    backend = EmbeddedBackend()
    store = await backend.fork(await backend.load(crowd()), base)
    app = fhir_app(backend, store)
    async with serving(app, listener, connection), httpx.AsyncClient(base_url=base + "/", timeout=10) as client:
        yield port_of(listener), client


@contextlib.asynccontextmanager
async def connected(port: int, sent: bytes = b"") -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A client that sends this, reads little ahead, and is gone at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=65536)
    writer.write(sent)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def serves(client: httpx.AsyncClient) -> bool:
    answers = await asyncio.gather(*(client.get(f"Patient/p{n}") for n in range(10)))
    return all(answer.status_code == 200 for answer in answers)


async def closed(reader: asyncio.StreamReader) -> bool:
    """Whether the server closes a connection, within a generous time."""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(10):
            while await reader.read(65536):
                pass
    return True


async def test_a_body_that_comes_byte_by_byte_is_read() -> None:
    async with served() as (port, client), connected(port) as (reader, writer):
        for at in range(len(_POST)):
            writer.write(_POST[at : at + 1])
            await writer.drain()
            if at % 20 == 0:
                assert await serves(client)
        assert b" 201 " in await reader.readline()


async def test_a_client_that_reads_nothing_keeps_nobody_waiting() -> None:
    async with served() as (port, client), contextlib.AsyncExitStack() as lazy:
        for _ in range(5):
            await lazy.enter_async_context(connected(port, _SEARCH))
        assert await serves(client)
        await lazy.aclose()
        assert await serves(client)


@pytest.mark.parametrize("sent", [_POST[:10], _POST[:-5], _POST + _SEARCH, _SEARCH * 20])
async def test_a_client_that_leaves_in_the_middle_is_no_error(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with served() as (port, client):
        for _ in range(10):
            async with connected(port, sent) as (_, writer):
                await writer.drain()
        assert await serves(client)
    assert [row for row in caplog.records if row.levelno >= logging.ERROR] == []


async def test_two_hundred_idle_connections_take_nothing_from_others() -> None:
    async with served() as (port, client), contextlib.AsyncExitStack() as idle:
        for _ in range(200):
            await idle.enter_async_context(connected(port))
        assert await serves(client)


@pytest.mark.parametrize("sent", [b"", b"GET /fhir/Pat", _POST[:-5], _SEARCH + _POST[:-5]])
async def test_a_request_that_does_not_arrive_ends_its_connection(sent: bytes) -> None:
    async with served(Impatient) as (port, client), connected(port, sent) as (reader, _):
        assert await closed(reader)
        assert await serves(client)


async def test_an_answer_that_is_not_taken_ends_its_connection() -> None:
    async with served(Impatient) as (port, client), connected(port, _SEARCH) as (reader, _):
        await asyncio.sleep(1.2)
        assert await read_all(reader) < 20_000_000
        assert await serves(client)


async def test_a_slow_reader_gets_all_of_its_answer() -> None:
    asked = _SEARCH.replace(b"host", b"connection: close\r\nhost")
    async with served(Impatient) as (port, _), connected(port, asked) as (reader, _):
        assert await read_all(reader, pause=0.01) > 20_000_000  # longer in all than an answer may stand still


async def read_all(reader: asyncio.StreamReader, pause: float = 0.0) -> int:
    """Bytes until the connection ends or breaks."""
    got = 0
    with contextlib.suppress(ConnectionError):
        while part := await reader.read(1_000_000):
            got += len(part)
            await asyncio.sleep(pause)
    return got


_NO_HTTP = (b"\x16\x03\x01\x02\x00", b"NOPE\r\n\r\n", b"GET /fhir/\xff HTTP/1.1\r\n\r\n", b"\x00" * 100)


@pytest.mark.parametrize("sent", _NO_HTTP)
async def test_what_is_no_http_is_refused(sent: bytes) -> None:
    async with served() as (port, client), connected(port, sent) as (reader, _):
        assert (await reader.readline()).split()[1] == b"400"
        assert await serves(client)
