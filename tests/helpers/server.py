"""An embedded server that answers requests written as URLs."""

from dataclasses import dataclass
from typing import Any

import orjson

from fhir_r4 import Request, Response
from fhir_server import EmbeddedBackend
from fhir_server.store import EpisodeStore
from tests.helpers.fhir import world_of

BASE = "http://x/fhir"
Json = dict[str, Any]


@dataclass
class Server:
    backend: EmbeddedBackend
    store: EpisodeStore

    def send(self, url: str, method: str = "GET", body: Json | None = None, **headers: str) -> Response:
        """headers: names with _ for -."""
        path, _, query = url.removeprefix(BASE).lstrip("/").partition("?")
        names = {"content-type": "application/fhir+json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        data = None if body is None else orjson.dumps(body)
        return self.backend.answer(self.store, Request(method, path, query, names, data))

    def ask(self, url: str, **headers: str) -> Json:
        answer: Json = orjson.loads(self.send(url, **headers).body)
        return answer


async def opened(resources: list[Json]) -> Server:
    backend = EmbeddedBackend()
    return Server(backend, await backend.fork(await backend.load(world_of(resources)), BASE))


def ids(bundle: Json) -> list[str]:
    """`Type/id` of each entry, with a + if it was included."""
    return [
        entry["fullUrl"].removeprefix(f"{BASE}/") + ("+" if entry.get("search", {}).get("mode") == "include" else "")
        for entry in bundle.get("entry", [])
    ]


def links(bundle: Json) -> dict[str, str]:
    return {row["relation"]: row["url"].removeprefix(BASE) for row in bundle.get("link", [])}


def said(answer: Json) -> str:
    """The diagnostics of an OperationOutcome."""
    text: str = answer["issue"][0]["diagnostics"]
    return text
