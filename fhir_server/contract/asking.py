"""One open episode, and short ways to ask it and to look at what it answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from fhir_r4 import Backend, Handle, Request, Response, Store

BASE = "http://gateway.example/episodes/abc/fhir"
_JSON = {"content-type": "application/fhir+json", "accept": "application/fhir+json"}


@dataclass(frozen=True)
class Episode:
    """One open store, and short ways to ask it."""

    backend: Backend
    store: Store

    async def send(self, method: str, url: str, body: object = None, **headers: str) -> Response:
        path, _, query = url.partition("?")
        data = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        return await self.backend.send(self.store, Request(method, path, query, _JSON | headers, data))

    async def get(self, url: str) -> Response:
        return await self.send("GET", url)

    async def put(self, resource: dict[str, Any]) -> Response:
        return await self.send("PUT", f"{resource['resourceType']}/{resource['id']}", resource)

    async def search(self, url: str) -> dict[str, Any]:
        response = await self.get(url)
        assert response.status == 200, (url, response.status, response.body[:300])
        bundle: dict[str, Any] = orjson.loads(response.body)
        return bundle

    async def ids(self, url: str) -> list[str]:
        return ids_of(await self.search(url))

    async def follow(self, link: str) -> Response:
        """Ask for what a link of an answer points at."""
        assert link.startswith(self.store.base), link
        return await self.get(link[len(self.store.base) :].lstrip("/"))


@asynccontextmanager
async def episode(backend: Backend, handle: Handle, base: str = BASE) -> AsyncIterator[Episode]:
    store = await backend.fork(handle, base)
    try:
        yield Episode(backend, store)
    finally:
        await backend.close(store)


def ids_of(bundle: dict[str, Any], mode: str = "match") -> list[str]:
    return [entry["resource"]["id"] for entry in bundle.get("entry", ()) if entry["search"]["mode"] == mode]


def link_of(bundle: dict[str, Any], relation: str) -> str | None:
    return next((link["url"] for link in bundle.get("link", ()) if link["relation"] == relation), None)


def issue_of(response: Response) -> tuple[int, str]:
    outcome = orjson.loads(response.body)
    assert outcome["resourceType"] == "OperationOutcome", response.body[:300]
    return response.status, outcome["issue"][0]["code"]
