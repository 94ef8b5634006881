"""One live episode: the one object per id that changes. It serialises calls, so that its record is in order."""

import asyncio
import contextlib
import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from env_api.actions import take
from env_api.episode import Ending, Episode, opened
from env_api.evidence import Desktop
from env_api.forms import kept_of, parse_object, validated
from env_api.gateway import View, asks_for_parts, pages_in, release, screen
from env_api.metadata import metadata_answer
from env_api.ports import Ports
from env_api.recorder import Recorder
from env_api.refusals import EpisodeOver, TimedOut
from fhir_r4 import Fault, Problem, Request, Response, Store
from tasks import ActionTaken, Assignment, Brief, ChangeText, End, FhirCall, Finding, Header, Submitted

_LOG = logging.getLogger("env_api")
_KEPT_PATH = 512


@dataclass(frozen=True)
class Answer:
    """Status, JSON or FHIR body, and what is left after it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    fhir_left: int
    actions_left: int


class LiveEpisode:
    """state and what was retrieved change under `_lock` only; once ended, nothing does."""

    def __init__(
        self, ports: Ports, assignment: Assignment, header: Header, token: str, store: Store, recorder: Recorder
    ) -> None:
        self.header = header
        self.state: Episode = opened(assignment.budget)
        self.record = recorder.path
        self._ports = ports
        self._assignment = assignment
        self._token = token.encode()
        self._store: Store | None = store  # None once ended: an ended episode must not keep its world alive
        self._recorder = recorder
        self._retrieved: set[str] = set()
        self._pages: set[str] = set()
        self._lock = asyncio.Lock()
        self._called = ports.clock()

    def is_token(self, token: bytes) -> bool:
        return hmac.compare_digest(self._token, token)

    @property
    def is_idle(self) -> bool:
        return self._ports.clock() - self._called > self._ports.settings.idle_seconds

    async def touch(self) -> None:
        """Note a call. Raises EpisodeOver if the episode has ended, be it by being idle until now."""
        if self.state.ending is None and self.is_idle:
            await self.end(Ending("idle"))
        self.state.require_open()
        self._called = self._ports.clock()

    def brief(self) -> Brief:
        task = self._assignment
        return Brief(
            episode=self.header.episode,
            suite=task.address.suite,
            title=task.title,
            instructions=task.instructions,
            now=self.header.now,
            fhir_base=self.header.fhir_base,
            fhir_left=self.state.fhir_left,
            actions_left=self.state.actions_left,
            par=task.budget.par,
            action_schema=task.actions.json_schema(),
            report_schema=task.report.json_schema(),
        )

    async def fhir(self, asked: Request) -> Answer:
        """Answer one FHIR request and record it; problems are OperationOutcomes. Raises EpisodeOver, BudgetSpent."""
        async with self._lock:
            self.state.require_fhir()
            view = View(self.header.fhir_base, self._pages, self._ports.settings)
            try:
                answer, issue = await self._ask(asked, view), None
            except Problem as problem:
                answer, issue = outcome_answer(problem), problem.issue_code
            if answer.status >= 400 and issue is None:
                issue = _issue_of(answer.body)
            self._note_fhir(asked, answer, issue)
            self._retrieved.update(item.reference for item in answer.returned if item.full)
            self._pages |= pages_in(answer.body, view.base)
            return self._answer(answer.status, answer.body, answer.headers)

    async def _ask(self, asked: Request, view: View) -> Response:
        request = screen(asked, view)
        if request.path == "metadata":
            return metadata_answer(view.base)
        try:
            async with asyncio.timeout(view.settings.answer_seconds):
                answer = await self._ports.backend.send(self._open_store(), request)
        except TimeoutError as error:
            raise TimedOut("the FHIR server took too long: ask for less, or try again") from error
        except Problem:
            raise
        except Exception as error:
            _LOG.exception("the backend failed in episode %s", self.header.episode)
            raise Fault("the FHIR server failed on this request: tell the operator") from error
        return release(answer, view, parts=asks_for_parts(request))

    def _note_fhir(self, asked: Request, answer: Response, issue: str | None) -> None:
        state = self.state.after_fhir()
        self._recorder.write(
            FhirCall(
                seq=state.seq,
                method=asked.method[:16],
                path=asked.path[:_KEPT_PATH],
                query=asked.query[: self._ports.settings.url_max],
                status=answer.status,
                bytes=len(answer.body),
                cost=1,
                left=state.fhir_left,
                full=tuple(f"{item.reference}/_history/{item.version}" for item in answer.returned if item.full),
                partial=tuple(f"{item.reference}/_history/{item.version}" for item in answer.returned if not item.full),
                issue=issue,
            )
        )
        self.state = state

    async def act(self, body: bytes | Problem) -> Answer:
        """Take one action and record it; a Problem stands for an unreadable body. Raises EpisodeOver, BudgetSpent."""
        async with self._lock:
            self.state.require_action()
            if isinstance(body, Problem):
                return self._refuse({}, body, malformed=True)
            try:
                sent = parse_object(body)
                action = validated(self._assignment.actions, sent, "the action")
            except Problem as problem:
                return self._refuse(kept_of(body), problem, malformed=True)
            desktop = Desktop(self.state.ledger, self._retrieved, self.header.fhir_base)
            try:
                finding = take(desktop, action)
            except Problem as problem:
                return self._refuse(sent, problem, malformed=False)
            return self._accept(sent, finding)

    def _accept(self, sent: Mapping[str, Any], finding: Finding) -> Answer:
        state = self.state.after_action(finding)
        seen = {
            "accepted": True,
            "finding_id": finding.finding_id,
            "version": finding.version,
            "actions_left": state.actions_left,
        }
        self._note_action(
            state,
            ActionTaken(
                seq=state.seq,
                outcome="accepted",
                action=sent,
                observation=seen,
                finding=finding,
                left=state.actions_left,
            ),
        )
        return self._answer(200, orjson.dumps(seen))

    def _refuse(self, sent: Mapping[str, Any], problem: Problem, *, malformed: bool) -> Answer:
        state = self.state.after_action(None)
        seen = {
            "accepted": False,
            "error": problem.category,
            "message": problem.message,
            "actions_left": state.actions_left,
        }
        self._note_action(
            state,
            ActionTaken(
                seq=state.seq,
                outcome="malformed" if malformed else "refused",
                action=sent,
                observation=seen,
                problem=problem.category,
                left=state.actions_left,
            ),
        )
        return self._answer(problem.status, orjson.dumps(seen))

    def _note_action(self, state: Episode, event: ActionTaken) -> None:
        self._recorder.write(event)
        self.state = state

    async def submit(self, body: bytes) -> Answer:
        """Take the report and end. Raises Malformed (nothing ends), EpisodeOver."""
        async with self._lock:
            self.state.require_open()
            report = validated(self._assignment.report, parse_object(body), "the report").model_dump(mode="json")
            state = self.state.after_submit(report)
            self._recorder.write(Submitted(seq=state.seq, report=report))
            self.state = state
            await self._end(Ending("submitted"))
            return self._answer(200, orjson.dumps({"accepted": True, "done": True, "message": "The episode is over."}))

    async def end(self, ending: Ending) -> None:
        """End the episode as it stands; nothing happens if it has ended already."""
        async with self._lock:
            with contextlib.suppress(EpisodeOver):
                self.state.require_open()
                await self._end(ending)

    async def _end(self, ending: Ending) -> None:
        """Final whatever happens: a record that cannot take its last line stays without one."""
        try:
            changes = await self._changes()
        except Problem as problem:
            changes = {}
            ending = Ending("failed", ending.failed_by or "backend", ending.detail or problem.message)
        state = self.state.after_end(ending)
        self.state = state
        end = End(
            seq=state.seq,
            cause=ending.cause,
            failed_by=ending.failed_by,
            detail=ending.detail,
            findings=state.ledger.standing(),
            report=state.report,
            changes=changes,
        )
        try:
            self._recorder.write(end)
        finally:
            self._recorder.close()
            self._retrieved.clear()
            self._pages.clear()
            await self._leave()

    async def _changes(self) -> dict[str, ChangeText]:
        """What the episode did to the world. Raises a Problem if the backend cannot tell."""
        try:
            changes = await self._ports.backend.changes(self._open_store())
        except Problem:
            raise
        except Exception as error:
            _LOG.exception("the backend cannot tell what episode %s changed", self.header.episode)
            raise Fault("the FHIR server failed at the end of the episode") from error
        return {ref: ChangeText(before=_text(c.before), after=_text(c.after)) for ref, c in changes.items()}

    async def _leave(self) -> None:
        try:
            await self._ports.backend.close(self._open_store())
        except Problem as problem:
            _LOG.warning("the backend did not close episode %s: %s", self.header.episode, problem.message)
        self._store = None

    def _open_store(self) -> Store:
        assert self._store is not None, "an ended episode was asked for its store"
        return self._store

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        left = self.state
        return Answer(status, headers or {"content-type": "application/json"}, body, left.fhir_left, left.actions_left)


def outcome_answer(problem: Problem) -> Response:
    return Response(problem.status, {"content-type": "application/fhir+json"}, problem.outcome_bytes())


def _issue_of(body: bytes) -> str | None:
    """Code of the first issue of an OperationOutcome."""
    try:
        issues = orjson.loads(body)["issue"]
        return str(issues[0]["code"])
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        return None


def _text(resource: bytes | None) -> str | None:
    return None if resource is None else resource.decode()
