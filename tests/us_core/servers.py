"""The two servers that US Core searches are asked of, and how they are asked."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from fhir_r4 import dump_exact
from fhir_server import EmbeddedBackend, fhir_app
from fhir_server.remote import load_resources
from tests.helpers.fhir import world_of

_FORM = {"content-type": "application/x-www-form-urlencoded", "cache-control": "no-cache"}


@dataclass(frozen=True)
class Found:
    """matches and includes: references in the order of the answer's pages. total: None if the server gave none."""

    status: int
    matches: tuple[str, ...]
    includes: tuple[str, ...]
    total: int | None
    said: str = ""
    """Of a refusal: its text."""
    complete: bool = True
    """Every page was read."""


@dataclass(frozen=True)
class Server:
    base: str
    client: httpx.AsyncClient

    async def get(self, address: str, pages: int = 1000) -> Found:
        """With up to that many pages."""
        headers = {"cache-control": "no-cache"}
        return await self._all(await self.client.get(f"{self.base}/{address}", headers=headers), pages)

    async def post(self, address: str) -> Found:
        kind, _, query = address.partition("?")
        url = f"{self.base}/{kind}/_search"
        return await self._all(await self.client.post(url, headers=_FORM, content=query), 1000)

    async def _all(self, answer: httpx.Response, pages: int) -> Found:
        if answer.status_code != 200:
            return Found(answer.status_code, (), (), None, answer.text)
        bundle = answer.json()
        entries, total = list(bundle.get("entry", [])), bundle.get("total")
        while (url := _next(bundle)) and pages > 1:
            bundle = (await self.client.get(url)).json()
            entries += bundle.get("entry", [])
            pages -= 1
        matches, includes = _references(entries, "match"), _references(entries, "include")
        return Found(200, matches, includes, total, complete=url is None)


def _next(bundle: dict[str, Any]) -> str | None:
    return next((link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"), None)


def _references(entries: Iterable[dict[str, Any]], mode: str) -> tuple[str, ...]:
    return tuple(
        f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in entries if e["search"]["mode"] == mode
    )


@asynccontextmanager
async def embedded(resources: Sequence[dict[str, Any]]) -> AsyncIterator[Server]:
    """The embedded server over HTTP in this process."""
    base = "http://embedded.example/fhir"
    backend = EmbeddedBackend()
    store = await backend.fork(await backend.load(world_of(resources)), base)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(fhir_app(backend, store))) as client:
        yield Server(base, client)


@asynccontextmanager
async def hapi_with(base: str, resources: Sequence[dict[str, Any]]) -> AsyncIterator[Server]:
    """A real HAPI, empty so far, with the resources."""
    async with httpx.AsyncClient(timeout=60) as client:
        if resources:
            report = await load_resources(base, [dump_exact(r).encode() for r in resources], client=client)
            assert not report.failures, report.failures[:3]
        yield Server(base, client)
