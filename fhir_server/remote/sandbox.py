"""The routes by which our own HAPI build changes worlds and resets in place (docker/hapi)."""

import asyncio
from typing import Any
from urllib.parse import urljoin

import httpx
import orjson

from fhir_r4 import BackendDown, Busy, Conflict
from fhir_server.remote.upstream import Upstream

_EPOCH = "x-sandbox-epoch"


class Sandbox:
    """Swaps the upstream's database. Every later FHIR request names the swap (epoch) it belongs to, so that a request
    never reaches a database that somebody else has put there."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._root = urljoin(upstream.base, "/sandbox/")

    async def worlds(self) -> frozenset[str] | None:
        """Digests of the sealed worlds; None if the server has no such routes."""
        answer = await self._upstream.call_url("GET", self._root + "worlds", {})
        if answer.status_code != 200 or b'"epoch"' not in answer.content:
            return None
        return frozenset(orjson.loads(answer.content)["worlds"])

    async def start(self, digest: str) -> None:
        """An empty database, to load that world into."""
        await self._swap(f"worlds/{digest}")

    async def seal(self, digest: str) -> None:
        await self._swap(f"worlds/{digest}/seal")

    async def reset(self, digest: str) -> None:
        await self._swap(f"reset?world={digest}")

    async def release(self) -> None:
        if _EPOCH in self._upstream.extra:
            await self._post("release")

    async def _swap(self, route: str) -> None:
        answer = await self._post(route)
        if answer.status_code == 503:  # another client was here a moment ago; it may have ended without saying so
            await asyncio.sleep(int(answer.headers.get("retry-after", "0")) + 0.1)
            answer = await self._post(route)
        if answer.status_code == 503:
            raise Busy(f"{self._upstream.base} serves another client's episode; wait, or start a second server")
        if answer.status_code >= 400:
            raise Conflict(f"POST /sandbox/{route} failed with HTTP {answer.status_code}: {_text(answer)}")
        self._upstream.extra[_EPOCH] = str(orjson.loads(answer.content)["epoch"])

    async def _post(self, route: str) -> httpx.Response:
        try:
            return await self._upstream.client.request("POST", self._root + route, headers=self._upstream.extra)
        except httpx.TransportError as error:
            raise BackendDown(
                f"the FHIR server at {self._upstream.base} is not reachable; start it and try again"
            ) from error


def is_taken_over(answer: httpx.Response) -> bool:
    """Whether our HAPI build refused the request because another client swapped the database."""
    return answer.status_code == 409 and answer.headers.get(_EPOCH) is not None


def _text(answer: httpx.Response) -> Any:
    try:
        return orjson.loads(answer.content)["error"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return answer.text[:200]
