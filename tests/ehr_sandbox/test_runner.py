"""How a run is attributed, and that nothing one run meets ends the others."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import baselines
from ehr_sandbox.results import RunResult
from ehr_sandbox.runner import play
from ehr_sandbox.wire import House, arena_in_process
from ehr_sandbox.worlds import WorldShelf
from tasks import PUBLIC_SALT, Address

ADDRESS = Address(suite="mock", variant="tiny", index=0)


def played(agent: Callable[[baselines.AgentSession, int], Awaitable[None]], records: Path) -> RunResult:
    async def one() -> RunResult:
        async with arena_in_process(House(PUBLIC_SALT, records)) as arena:
            return await play(arena, ADDRESS, "test", agent)

    return asyncio.run(one())


async def spend_everything(session: baselines.AgentSession, seed: int) -> None:
    while True:
        await session.get("Patient")


async def crash(session: baselines.AgentSession, seed: int) -> None:
    raise KeyError("a bug")


def failing(error: Exception) -> Callable[[baselines.AgentSession, int], Awaitable[None]]:
    async def agent(session: baselines.AgentSession, seed: int) -> None:
        raise error

    return agent


def test_a_run_that_spends_its_budget_is_truncated_and_graded(tmp_path: Path) -> None:
    result = played(spend_everything, tmp_path)
    assert (result.status, result.failed_by, result.reward, result.fhir_requests) == ("truncated", None, 0.0, 12)


def test_a_bug_in_the_agent_is_the_agents_failure_and_is_graded(tmp_path: Path) -> None:
    result = played(crash, tmp_path)
    assert (result.status, result.failed_by, result.reward) == ("failed", "agent", 0.0)


@pytest.mark.parametrize(
    ("error", "failed_by"),
    [
        (baselines.ServerTrouble("down", 502), "backend"),
        (baselines.ServerTrouble("taken", 503), "backend"),
        (baselines.ServerTrouble("our own bug", 500), "harness"),
        (baselines.ServerTrouble("silence"), "harness"),
        (baselines.ModelProviderError("refused"), "model_provider"),
        (baselines.Unreadable("no protocol"), "task"),
    ],
)
def test_what_others_cause_is_theirs_and_unscored(error: Exception, failed_by: str, tmp_path: Path) -> None:
    result = played(failing(error), tmp_path)
    assert (result.status, result.failed_by, result.reward, result.net) == ("failed", failed_by, None, None)


def test_threads_that_want_one_world_build_it_once() -> None:
    shelf, barrier = WorldShelf(PUBLIC_SALT), threading.Barrier(4)

    def want(_: int) -> int:
        barrier.wait()
        return id(shelf.built(ADDRESS))

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(want, range(4)))) == 1
