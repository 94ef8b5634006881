"""Random worlds, writes and searches on the embedded engine and on a real HAPI: nothing may differ.

EHR_SANDBOX_RANDOM_REQUESTS sets how many requests are made (300); EHR_SANDBOX_RANDOM_SEED draws others.
"""

import os
from typing import Any

import pytest

from fhir_seed.stream import Stream
from fhir_server import EmbeddedBackend
from fhir_server.remote import RemoteBackend
from tests.conformance.differences import unequal
from tests.conformance.random_chart import chart_world
from tests.conformance.random_requests import Asked, other_read, search, write
from tests.conformance.two_servers import Side, side
from tests.conftest import Tally

REQUESTS = int(os.environ.get("EHR_SANDBOX_RANDOM_REQUESTS", "300"))
SEED = os.environ.get("EHR_SANDBOX_RANDOM_SEED", "1")
PER_WORLD = 100
PER_EPISODE = 25


@pytest.mark.hapi
async def test_random_requests_are_answered_as_a_real_hapi_does(hapi: str, tally: Tally) -> None:
    embedded, remote = EmbeddedBackend(), RemoteBackend(hapi)
    found: list[str] = []
    worlds = max(1, REQUESTS // PER_WORLD)
    for world in range(worlds):
        found += await compared(embedded, remote, Stream(f"{SEED}/{world}".encode(), "world"))
    await remote.aclose()
    tally(f"random requests on both servers: {worlds * PER_WORLD}, {len(found)} answered otherwise")
    assert found == [], "\n\n".join(found[:30])


async def compared(embedded: EmbeddedBackend, remote: RemoteBackend, stream: Stream) -> list[str]:
    """What differs in the episodes of one world: the request, then both answers."""
    world = chart_world(stream)
    found: list[str] = []
    handles = await embedded.load(world), await remote.load(world)
    for _ in range(PER_WORLD // PER_EPISODE):
        sides = await side(embedded, handles[0]), await side(remote, handles[1])
        requests = _without_repeated_histories([_drawn(stream, n) for n in range(PER_EPISODE)])
        found += [text for asked in requests for text in await differing(asked, *sides)]
        ours, theirs = await sides[0].changes(), await sides[1].changes()
        if ours != theirs:
            found.append("\n    ".join(["changes", *unequal("", ours, theirs), *(one.text[:300] for one in requests)]))
        await embedded.close(sides[0].store)
        await remote.close(sides[1].store)
    return found


def _drawn(stream: Stream, n: int) -> Asked:
    """The first searches of an episode see the world as it was loaded."""
    kind = 0 if n < PER_EPISODE // 3 else stream.weighted((5, 2, 3))
    return (search, other_read, write)[kind](stream)


def _without_repeated_histories(requests: list[Asked]) -> list[Asked]:
    """HAPI remembers how long a history is, for a while: it may answer without the newest version."""
    kept: dict[str, Asked] = {}
    for n, one in enumerate(requests):
        kept.setdefault(one.url if "/_history" in one.url else str(n), one)
    return list(kept.values())


async def differing(asked: Asked, here: Side, there: Side) -> list[str]:
    """Nothing, or one text."""
    ordered = "_sort=" in asked.url or "_history" in asked.url
    ours = here.seen(await here.ask(asked), ordered=ordered)
    theirs = there.seen(await there.ask(asked), ordered=ordered)
    if ours == theirs or _is_full_without_total(asked, ours, theirs):
        return []
    lines = list(unequal("", ours, theirs))[:8]
    return ["\n    ".join([f"{asked.text[:900]}", f"here {_brief(ours)}", f"HAPI {_brief(theirs)}", *lines])]


def _is_full_without_total(asked: Asked, ours: Any, theirs: Any) -> bool:
    """All that differs is what comes after a full page: now and then HAPI says neither a total nor that there is more,
    because its database gave it one of the resources twice."""
    if not isinstance(theirs["body"], dict) or theirs["body"].get("total", 0) is not None:
        return False
    matches = [entry for entry in theirs["body"]["entries"] if entry["mode"] == "match"]
    full = f"_count={len(matches)}" in asked.url.split("&") and theirs["body"]["links"] == ["self"]
    return full and ours | {"body": ours["body"] | {"total": None, "links": ["self"]}} == theirs


def _brief(shown: Any) -> str:
    """The status and the resources of an answer."""
    entries = shown["body"].get("entries") if isinstance(shown["body"], dict) else None
    if not isinstance(entries, list):
        return f"{shown['status']} {str(shown['body'])[:200]}"
    ids = [f"{entry['resource'].get('id')}" if isinstance(entry["resource"], dict) else "-" for entry in entries]
    return f"{shown['status']} total={shown['body']['total']} {shown['body']['links']} {' '.join(ids)}"
