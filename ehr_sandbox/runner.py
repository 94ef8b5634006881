"""Run one agent on one task through the two APIs, attribute what went wrong, and grade what is there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

import baselines
from ehr_sandbox.results import FailedBy, RunResult, Status
from fhir_r4 import Fault, Problem, problem_named
from tasks import Address, RunRecord, Scorecard, read_record


@dataclass(frozen=True)
class Arena:
    """Where episodes are played: clients for the two APIs, and the folder of records."""

    operator: httpx.AsyncClient
    """Base URL and operator token set."""
    agent: httpx.AsyncClient
    records: Path
    stopwatch: Callable[[], float]
    """Seconds, monotonic."""


async def play(arena: Arena, address: Address, name: str, agent: baselines.Agent, *, seed: int = 0) -> RunResult:
    """One episode from opening to grade. Raises Problem only if no episode could be opened."""
    opened = await _ask(arena, "POST", "/episodes", {"task": str(address), "agent": name})
    episode = str(opened["episode"])
    session = baselines.AgentSession(arena.agent, str(opened["agent_base"]), str(opened["token"]))
    started = arena.stopwatch()
    failed_by, detail = await _attempt(agent, session, seed)
    seconds = arena.stopwatch() - started
    closing: dict[str, object] = {} if failed_by is None else {"failed_by": failed_by, "detail": (detail or "")[:2000]}
    await _ask(arena, "POST", f"/episodes/{episode}/close", closing)
    path = arena.records / f"{episode}.ndjson"
    with path.open("rb") as lines:
        record = read_record(lines)
    card = Scorecard.model_validate(await _ask(arena, "GET", f"/episodes/{episode}/grade"))
    return _result(card, record, path, seconds)


async def _attempt(
    agent: baselines.Agent, session: baselines.AgentSession, seed: int
) -> tuple[FailedBy | None, str | None]:
    """Let the agent play; say which one boundary failed, if any. This is the boundary handler of agents' code."""
    try:
        await agent(session, seed)
    except (baselines.EpisodeOver, baselines.BudgetSpent):
        return None, None  # the environment ended it, or nothing was left: graded as it stands
    except baselines.ServerTrouble as error:
        return "backend", str(error)
    except baselines.ModelProviderError as error:
        return "model_provider", str(error)
    except Exception as error:  # noqa: BLE001 - whatever an agent's code does wrong is the agent's failure
        return "agent", f"{type(error).__name__}: {error}"
    return None, None


async def _ask(arena: Arena, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
    """One operator call. Raises the Problem that the API answered with."""
    response = await arena.operator.request(method, path, json=body)
    if not response.is_success:
        raise _problem(response)
    answer = response.json()
    assert isinstance(answer, dict)
    return answer


def _problem(response: httpx.Response) -> Problem:
    """The operator API's answer as the Problem that it was."""
    try:
        body = response.json()
    except ValueError:
        return Fault(f"the operator API answered {response.status_code} without JSON")
    return problem_named(str(body.get("error", "fault")), str(body.get("message", body)))


def _result(card: Scorecard, record: RunRecord, path: Path, seconds: float) -> RunResult:
    end = record.end
    status: Status = "completed" if card.cause in ("submitted", "closed") else "truncated"
    return RunResult(
        task=card.task,
        agent=card.agent or "",
        backend=card.backend,
        status="failed" if end is not None and end.failed_by is not None else status,
        failed_by=end.failed_by if end is not None else None,
        detail=end.detail if end is not None else None,
        net=card.net,
        reward=card.reward,
        fhir_requests=record.fhir_requests,
        actions=record.actions_taken,
        bytes=record.bytes_read,
        seconds=round(seconds, 3),
        sealed=card.sealed,
        findings_sha256=card.findings_sha256,
        record=str(path),
        metrics=card.metrics,
    )
