"""Whole episodes of the reference agent on tiny: opened, played, closed and graded through both APIs."""

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from itertools import count
from pathlib import Path

from benchmarks.metrics import Values
from benchmarks.scale import SALT, Scale, tiny
from benchmarks.timing import p50_async
from ehr_sandbox.runner import Arena, play
from ehr_sandbox.suites import SUITES
from ehr_sandbox.wire import House, arena_in_process, arena_over_http

Open = Callable[[House], AbstractAsyncContextManager[Arena]]


def measure(scale: Scale) -> Values:
    """A built world is also a loaded one; a new one is built, loaded and played for the first time."""
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder)
        return {
            "new_episode_http": asyncio.run(over_http(scale, records, None, is_new=True)),
            "episode_http": asyncio.run(over_http(scale, records, None, is_new=False)),
            "new_episode_asgi": asyncio.run(_play(arena_in_process, scale, House(SALT, records), is_new=True)),
            "episode_asgi": asyncio.run(_play(arena_in_process, scale, House(SALT, records), is_new=False)),
        }


async def over_http(scale: Scale, records: Path, backend_url: str | None, *, is_new: bool) -> float:
    """p50 in ms, both APIs, agent and (without a URL) the FHIR server in this process, on real sockets."""
    return await _play(arena_over_http, scale, House(SALT, records, backend_url=backend_url), is_new=is_new)


async def _play(open_arena: Open, scale: Scale, house: House, *, is_new: bool) -> float:
    reference = SUITES["trial_audit"].agents["reference"]
    indices = count(1)
    async with open_arena(house) as arena:

        async def episode(index: int) -> None:
            result = await play(arena, tiny(index), "reference", reference)
            assert result.reward == 1.0, result

        await episode(0)
        wanted = [next(indices) if is_new else 0 for _ in range(scale.episodes)]
        return await p50_async(episode, wanted) * 1e3
