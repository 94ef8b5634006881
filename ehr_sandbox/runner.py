"""Run one agent on one task through the two APIs, attribute what went wrong, and grade what is there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

import baselines
from ehr_sandbox.results import RunResult, Status
from fhir_r4 import Fault, Problem, problem_named
from tasks import Address, FailedBy, RunRecord, Scorecard, read_record


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
    """One episode from opening to grade. Raises Problem if no episode could be opened, or it could not be ended."""
    opened = await _ask(arena, "POST", "/episodes", {"task": str(address), "agent": name})
    episode = str(opened["episode"])
    session = baselines.AgentSession(arena.agent, str(opened["agent_base"]), str(opened["token"]))
    started = arena.stopwatch()
    attempt = await _attempt(agent, session, seed)
    seconds = arena.stopwatch() - started
    await _ask(arena, "POST", f"/episodes/{episode}/close", attempt.closing())
    path = arena.records / f"{episode}.ndjson"
    with path.open("rb") as lines:
        record = read_record(lines)
    try:
        card = Scorecard.model_validate(await _ask(arena, "GET", f"/episodes/{episode}/grade"))
    except Problem as problem:  # a grader that errs leaves this run unscored; the others go on
        return _unscored(record, path, seconds, f"not graded: {problem.message}")
    return _result(card, record, path, seconds, attempt)


@dataclass(frozen=True)
class _Attempt:
    """How the agent left. cut_short: a budget or the episode ended under it; graded as it stands."""

    failed_by: FailedBy | None = None
    detail: str | None = None
    cut_short: bool = False

    def closing(self) -> dict[str, object]:
        if self.failed_by is None:
            return {}
        return {"failed_by": self.failed_by, "detail": (self.detail or "")[:2000]}


async def _attempt(agent: baselines.Agent, session: baselines.AgentSession, seed: int) -> _Attempt:
    """Let the agent play; say which one boundary failed, if any. This is the boundary handler of agents' code."""
    try:
        await agent(session, seed)
    except (baselines.EpisodeOver, baselines.BudgetSpent):
        return _Attempt(cut_short=True)
    except baselines.ServerTrouble as error:
        return _Attempt("backend" if error.status in _BACKEND_STATUSES else "harness", str(error))
    except baselines.ModelProviderError as error:
        return _Attempt("model_provider", str(error))
    except baselines.Unreadable as error:
        return _Attempt("task", str(error))
    except Exception as error:  # noqa: BLE001 - whatever an agent's code does wrong is the agent's failure
        return _Attempt("agent", f"{type(error).__name__}: {error}")
    return _Attempt()


_BACKEND_STATUSES = (502, 503)
"""The FHIR server behind the gateway failed, or is taken; any other 5xx, and silence, is our own API."""


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


def _unscored(record: RunRecord, path: Path, seconds: float, detail: str) -> RunResult:
    header = record.header
    return RunResult(
        task=header.task,
        agent=header.agent or "",
        backend=header.backend,
        status="failed",
        failed_by="harness",
        detail=detail,
        net=None,
        reward=None,
        fhir_requests=record.fhir_requests,
        actions=record.actions_taken,
        bytes=record.bytes_read,
        seconds=round(seconds, 3),
        sealed=header.salt != "public",
        findings_sha256=None,
        record=str(path),
        metrics={},
    )


def _result(card: Scorecard, record: RunRecord, path: Path, seconds: float, attempt: _Attempt) -> RunResult:
    end = record.end
    whole = card.cause == "submitted" or (card.cause == "closed" and not attempt.cut_short)
    status: Status = "completed" if whole else "truncated"
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
