"""The agent API on a real socket: request lines that no client library would write."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from ehr_sandbox.serving import bind, port_of, serving
from tests.helpers.fakes import Api, Seat


@pytest.fixture
async def port(api: Api) -> AsyncIterator[int]:
    listener = bind("127.0.0.1", 0)
    async with serving(api.agent_app, listener):
        yield port_of(listener)


async def say(port: int, request_line: str, seat: Seat) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    headers = f"Host: x\r\nConnection: close\r\nAuthorization: Bearer {seat.token}"
    writer.write(f"{request_line} HTTP/1.1\r\n{headers}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/episodes/{e}/fhir/Patient/p1", b"200"),
        ("http://elsewhere.test/episodes/{e}/fhir/Patient/p1", b"200"),
        ("/episodes/{e}/fhir/http://elsewhere.test/Patient", b"400"),
        ("/episodes/{e}/fhir/../brief", b"400"),
        ("/episodes/{e}/fhir/Patient/../../../../tasks", b"400"),
        ("/episodes/{e}/fhir/Patient/%2e%2e", b"400"),
        ("/episodes/{e}/fhir/Patient%2fp1", b"400"),
        ("/episodes/{e}%2ffhir/Patient", b"400"),
        ("//episodes/{e}/fhir/Patient", b"404"),
    ],
)
async def test_a_path_is_taken_as_it_was_written(api: Api, seat: Seat, port: int, target: str, status: bytes) -> None:
    answer = await say(port, f"GET {target.format(e=seat.episode)}", seat)
    assert answer.split(b" ")[1] == status
    assert [request.path for request in api.backend.asked] == (["Patient/p1"] if status == b"200" else [])


async def test_a_head_is_forbidden_and_has_no_body(port: int, seat: Seat) -> None:
    answer = await say(port, f"HEAD /episodes/{seat.episode}/fhir/Patient/p1", seat)
    assert (answer.split(b" ")[1], answer.endswith(b"\r\n\r\n")) == (b"403", True)
