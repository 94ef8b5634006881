"""An OpenAI-like endpoint over real HTTP on a free port that answers from a script and keeps what it was asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]


@dataclass
class ScriptedModel:
    """script: messages, or whole responses, in the order in which they are given; the last one is repeated."""

    script: list[Json | Response]
    asked: list[Json] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    base_url: str = ""

    async def answer(self, request: Request) -> Response:
        self.asked.append(orjson.loads(await request.body()))
        self.keys.append(request.headers.get("authorization"))
        step = self.script[min(len(self.asked), len(self.script)) - 1]
        return step if isinstance(step, Response) else JSONResponse({"choices": [{"index": 0, "message": step}]})


def calls(*wanted: tuple[str, Json | str]) -> Json:
    """An assistant's message that asks for tools: (name, arguments)."""
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": f"call-{number}",
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": given if isinstance(given, str) else orjson.dumps(given).decode(),
                },
            }
            for number, (name, given) in enumerate(wanted)
        ],
    }


def says(text: str) -> Json:
    return {"role": "assistant", "content": text}


@asynccontextmanager
async def serving(model: ScriptedModel) -> AsyncIterator[ScriptedModel]:
    app = Starlette(routes=[Route("/v1/chat/completions", model.answer, methods=["POST"])])
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="none")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    model.base_url = f"http://127.0.0.1:{port}/v1"
    try:
        yield model
    finally:
        await server.shutdown()
