"""HTTP to one upstream FHIR server: what the backend itself asks (reads, counts, walks) and what it passes on."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from fhir_r4 import BackendDown, Fault, canonical, dump_exact, parse_exact, reference_of

FHIR_JSON = "application/fhir+json"
_PAGE = 500


@dataclass
class Upstream:
    """base: the URL that we call. link_base: the one that the server writes into its links (`Bundle.link[self]`).
    extra: headers of every request."""

    base: str
    client: httpx.AsyncClient
    link_base: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def bases(self) -> tuple[str, ...]:
        """Longest first, so that one which starts another is tried last."""
        return tuple(sorted({self.base, self.link_base} - {""}, key=len, reverse=True))

    async def call(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> httpx.Response:
        """One request. Raises BackendDown when nobody answers."""
        url = self.base + (f"/{path}" if path else "") + (f"?{query}" if query else "")
        sent = {"accept": FHIR_JSON, "cache-control": "no-cache", **(headers or {}), **self.extra}
        if body is not None:  # a server that refuses before it has read the body may drop the connection afterwards
            sent["connection"] = "close"
        return await self.call_url(method, url, sent, body)

    async def call_url(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> httpx.Response:
        try:
            answer = await self.client.request(method, url, headers=dict(headers), content=body)
        except httpx.TimeoutException as error:
            raise BackendDown(f"the FHIR server at {self.base} did not answer in time; is it overloaded?") from error
        except httpx.TransportError as error:
            raise BackendDown(
                f"the FHIR server at {self.base} is not reachable ({type(error).__name__}); start it and try again"
            ) from error
        if answer.status_code in (502, 503, 504):
            raise BackendDown(
                f"the FHIR server at {self.base} answered HTTP {answer.status_code}; try again when it is up"
            )
        return answer

    async def learn_link_base(self) -> None:
        """Reads the base that the server uses in its own links from a search's self link."""
        answer = await self.call("GET", "Patient", "_count=1&_elements=id")
        if b'"resourceType"' not in answer.content:
            raise BackendDown(
                f"{self.base} is not a FHIR base URL (HTTP {answer.status_code}); HAPI's usually ends in /fhir"
            )
        self.link_base = _base_of(self_link(orjson.loads(answer.content)), "Patient") or self.base

    async def read(self, reference: str) -> bytes | None:
        """Canonical JSON, or None if there is no such resource (any more)."""
        answer = await self.call("GET", reference)
        if answer.status_code in (404, 410):
            return None
        if answer.status_code != 200:
            raise Fault(f"reading {reference} on the FHIR server failed with HTTP {answer.status_code}")
        return canonical(answer.content)

    async def read_all(self, references: Iterable[str]) -> dict[str, bytes | None]:
        wanted = sorted(references)
        return dict(zip(wanted, await asyncio.gather(*map(self.read, wanted)), strict=True))

    async def count(self, kind: str) -> int:
        answer = await self.call("GET", kind, "_summary=count")
        if answer.status_code == 404:
            return 0
        return int(orjson.loads(answer.content)["total"])

    async def counts(self, kinds: Iterable[str]) -> dict[str, int]:
        wanted = sorted(kinds)
        return dict(zip(wanted, await asyncio.gather(*map(self.count, wanted)), strict=True))

    async def all_counts(self) -> dict[str, int]:
        """How many of every type that the server's CapabilityStatement names; types without any are left out."""
        statement = orjson.loads((await self.call("GET", "metadata")).content)
        kinds = [r["type"] for rest in statement.get("rest", []) for r in rest.get("resource", [])]
        return {kind: n for kind, n in (await self.counts(kinds)).items() if n}

    async def walk(self, kind: str) -> AsyncIterator[tuple[str, bytes]]:
        """Every resource of a type as (reference, canonical JSON), page by page."""
        answer = await self.call("GET", kind, f"_sort=_id&_count={_PAGE}")
        async for row in self._pages(answer):
            yield row

    async def find(self, kind: str, query: str) -> AsyncIterator[tuple[str, bytes]]:
        """What a search finds; nothing if the server refuses it."""
        answer = await self.call("GET", kind, query)
        if answer.status_code == 200:
            async for row in self._pages(answer):
                yield row

    async def _pages(self, answer: httpx.Response) -> AsyncIterator[tuple[str, bytes]]:
        while True:
            if answer.status_code != 200:
                raise Fault(f"paging through the FHIR server failed with HTTP {answer.status_code}")
            bundle = parse_exact(answer.content)
            for entry in bundle.get("entry", []):
                resource = entry["resource"]
                yield reference_of(resource), _canonical(resource)
            url = link(bundle, "next")
            if url is None:
                return
            answer = await self.call_url("GET", self._callable(url), {"accept": FHIR_JSON, **self.extra})

    def _callable(self, url: str) -> str:
        for base in self.bases:
            if url.startswith(base) and url[len(base) : len(base) + 1] in ("", "/", "?"):
                return self.base + url[len(base) :]
        raise Fault(f"the FHIR server's page link {url} is not below its own base {self.link_base}")


def _canonical(node: dict[str, Any]) -> bytes:
    """`fhir_r4.canonical` of a resource that `parse_exact` has parsed already."""
    meta = {k: v for k, v in node.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    bare = {k: v for k, v in node.items() if k != "meta"} | ({"meta": meta} if meta else {})
    return dump_exact(bare).encode()


def link(bundle: Mapping[str, Any], relation: str) -> str | None:
    return next((row.get("url") for row in bundle.get("link", []) if row.get("relation") == relation), None)


def self_link(bundle: Mapping[str, Any]) -> str:
    return link(bundle, "self") or ""


def _base_of(url: str, path: str) -> str:
    found = re.match(rf"(https?://.+)/{re.escape(path)}(\?|$)", url)
    return found[1] if found else ""
