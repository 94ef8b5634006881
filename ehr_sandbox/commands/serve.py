"""`ehr-sandbox serve`: both APIs until interrupted."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from ehr_sandbox.commands.options import Backend, Json, Records, SaltFile, WorldCache
from ehr_sandbox.salt import read_salt
from ehr_sandbox.serving import bind, port_of, serving, url_of
from ehr_sandbox.urls import http_url
from ehr_sandbox.wire import House, open_backend, open_desk
from env_api import Settings, create_agent_app, create_operator_app


@dataclass(frozen=True)
class Served:
    """What a caller needs to know once both APIs answer. operator_token: only a random one; None if it was given."""

    operator_url: str
    agent_url: str
    operator_token: str | None
    records: str


def command(
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Address to bind; loopback unless you mean it.")
    ] = "127.0.0.1",
    agent_port: Annotated[int, typer.Option(metavar="PORT", help="Agent API; 0 takes a free one.")] = 8801,
    operator_port: Annotated[int, typer.Option(metavar="PORT", help="Operator API; never give it to an agent.")] = 8800,
    agent_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Public URL of the agent API, if it is another.")
    ] = None,
    operator_token: Annotated[
        str, typer.Option(metavar="TOKEN", envvar="EHR_SANDBOX_OPERATOR_TOKEN", help="Default: a random one, printed.")
    ] = "",
    backend: Backend = None,
    records: Records = Path("runs"),
    salt_file: SaltFile = None,
    world_cache: WorldCache = None,
    json: Json = False,
) -> None:
    """Serve the operator API (create, close, grade episodes) and the agent API on two ports with two kinds of token."""
    house = House(read_salt(salt_file), records, backend, world_cache, operator_token)
    announce = _announce_json if json else _announce
    asyncio.run(_serve(house, host, agent_port, operator_port, agent_url, announce))


async def _serve(
    house: House,
    host: str,
    agent_port: int,
    operator_port: int,
    agent_url: str | None,
    announce: Callable[[Served], None],
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        backend = open_backend(house.backend_url)
        stack.push_async_callback(backend.aclose)
        agent_socket = stack.enter_context(bind(host, agent_port))
        operator_socket = stack.enter_context(bind(host, operator_port))
        agent_port, operator_port = port_of(agent_socket), port_of(operator_socket)
        public = http_url(agent_url or url_of(host, agent_port), "--agent-url", "https://HOST")
        desk = open_desk(house, backend, Settings(agent_url=public.rstrip("/")))
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        await stack.enter_async_context(serving(create_agent_app(desk), agent_socket))
        await stack.enter_async_context(serving(create_operator_app(desk), operator_socket))
        announce(
            Served(
                operator_url=url_of(host, operator_port),
                agent_url=url_of(host, agent_port),
                operator_token=None if house.operator_token else desk.ports.operator_token,
                records=str(house.records),
            )
        )
        await stopped.wait()


def _announce_json(served: Served) -> None:
    typer.echo(orjson.dumps(served).decode())


def _announce(served: Served) -> None:
    say = Console(soft_wrap=True, markup=False, highlight=False).print
    say(f"operator API  {served.operator_url}   records in {served.records}")
    if served.operator_token:
        say(f"operator token  {served.operator_token}")
    say(f"agent API     {served.agent_url}")
    say("open an episode:")
    say(
        f'  curl -sX POST {served.operator_url}/episodes -H "Authorization: Bearer $TOKEN"'
        " -H 'Content-Type: application/json' -d '{\"task\": \"trial_audit/tiny/0\"}'"
    )
