"""Run ASGI apps on real sockets inside the current event loop, and stop them with it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.types import ASGIApp

from ehr_sandbox.connection import Connection
from fhir_r4 import Conflict, Invalid


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises Invalid for no port, Conflict if the port is taken."""
    if not 0 <= port <= 65535:
        raise Invalid(f"{port} is not a port: choose one from 1 to 65535, or 0 for a free one")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off; without, each POST waits 40 ms for a delayed ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Conflict(f"cannot listen on {host}:{port} ({error.strerror}): choose another port") from error
    listener.listen(2048)
    return listener


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def url_of(host: str, port: int) -> str:
    """The URL of an address that we listen on; an IPv6 address stands in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


@contextlib.asynccontextmanager
async def serving(
    app: ASGIApp, listener: socket.socket, connection: type[Connection] = Connection
) -> AsyncIterator[None]:
    """Serve `app` on the socket for the length of the block. connection: how patient it is with slow clients."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        http=connection,
        lifespan="on",
        ws="none",
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                task.result()
                raise Conflict("the server stopped before it started; see the log above")
            await asyncio.sleep(0.005)
        yield
    finally:
        server.should_exit = True
        await task
