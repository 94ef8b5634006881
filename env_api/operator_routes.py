"""What the operator may call: tasks, episodes, their records and grades. Never given to an agent."""

import asyncio
import hmac
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field, TypeAdapter

from env_api.bearer import bearer
from env_api.desk import Desk
from env_api.episode import Ending
from env_api.forms import parse_object, read_capped, validated
from env_api.live import LiveEpisode
from env_api.ports import TaskRow
from env_api.recorder import load_record
from env_api.refusals import Malformed
from fhir_r4 import Conflict, Unauthorized
from tasks import EndCause, FailedBy, Frozen, Scorecard


class OpenEpisode(Frozen):
    task: str = Field(max_length=200, description="suite/variant/index")
    agent: str | None = Field(default=None, max_length=200, description="name for the record")


class OpenedEpisode(Frozen):
    """token and the three addresses are for the agent; the task's name is not."""

    episode: str
    token: str
    agent_base: str
    fhir_base: str
    brief_url: str


class CloseEpisode(Frozen):
    cause: Literal["closed", "failed"] | None = Field(default=None, description="failed if failed_by is given")
    failed_by: FailedBy | None = Field(default=None, description="whose failure ended the run")
    detail: Annotated[str, Field(max_length=2000)] | None = None

    def ending(self) -> Ending:
        """Raises Malformed."""
        cause = self.cause or ("failed" if self.failed_by else "closed")
        if (cause == "failed") != (self.failed_by is not None):
            raise Malformed("failed_by goes with cause failed: give both, or neither")
        return Ending(cause, self.failed_by, self.detail)


class EpisodeRow(Frozen):
    episode: str
    task: str
    agent: str | None
    status: Literal["open", "ended"]
    cause: EndCause | None
    failed_by: FailedBy | None
    fhir_left: int
    actions_left: int
    findings: int


_OPEN: TypeAdapter[OpenEpisode] = TypeAdapter(OpenEpisode)
_CLOSE: TypeAdapter[CloseEpisode] = TypeAdapter(CloseEpisode)


def _row(episode: LiveEpisode) -> EpisodeRow:
    state = episode.state
    return EpisodeRow(
        episode=episode.header.episode,
        task=episode.header.task,
        agent=episode.header.agent,
        status="open" if state.ending is None else "ended",
        cause=state.ending and state.ending.cause,
        failed_by=state.ending and state.ending.failed_by,
        fhir_left=state.fhir_left,
        actions_left=state.actions_left,
        findings=len(state.ledger.standing()),
    )


def _body(form: TypeAdapter[Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": form.json_schema()}}}}


def operator_routes(desk: Desk) -> APIRouter:
    ports = desk.ports
    router = APIRouter(redirect_slashes=False)

    def admit(request: Request) -> None:
        token = bearer(request.scope["headers"])
        if token is None or not hmac.compare_digest(token, ports.operator_token.encode()):
            raise Unauthorized("the operator's Bearer token is missing or wrong")

    async def form(request: Request, wanted: TypeAdapter[Any]) -> Any:
        sent = await read_capped(request, ports.settings.body_max)
        return validated(wanted, parse_object(sent or b"{}"), "the body")

    @router.get("/health")
    async def health() -> dict[str, str]:
        """Whether the API answers; needs no token and tells nothing else."""
        return {"status": "ok"}

    @router.get("/tasks")
    async def tasks(request: Request) -> list[TaskRow]:
        """The variants of every suite, with budgets."""
        admit(request)
        return list(ports.list_tasks())

    @router.post("/episodes", status_code=201, openapi_extra=_body(_OPEN))
    async def open_episode(request: Request) -> OpenedEpisode:
        """Open an episode of a task; 503 if the FHIR server is taken."""
        admit(request)
        wanted: OpenEpisode = await form(request, _OPEN)
        live, token = await desk.open(wanted.task, wanted.agent)
        base = f"{ports.settings.agent_url}/episodes/{live.header.episode}"
        return OpenedEpisode(
            episode=live.header.episode,
            token=token,
            agent_base=base,
            fhir_base=live.header.fhir_base,
            brief_url=f"{base}/brief",
        )

    @router.get("/episodes")
    async def episodes(request: Request) -> list[EpisodeRow]:
        """Open and ended episodes of this process."""
        admit(request)
        return [_row(live) for live in desk.episodes]

    @router.post("/episodes/{episode}/close", openapi_extra=_body(_CLOSE))
    async def close(episode: str, request: Request) -> EpisodeRow:
        """End an episode as it stands; one that has ended stays as it ended."""
        admit(request)
        live = desk.find(episode)
        wanted: CloseEpisode = await form(request, _CLOSE)
        await live.end(wanted.ending())
        return _row(live)

    @router.get("/episodes/{episode}/record", response_class=Response)
    async def record(episode: str, request: Request) -> Response:
        """The run record as it stands: NDJSON."""
        admit(request)
        return Response(desk.find(episode).record.read_bytes(), media_type="application/x-ndjson")

    @router.get("/episodes/{episode}/grade")
    async def grade(episode: str, request: Request) -> Scorecard:
        """The scorecard, after the end."""
        admit(request)
        live = desk.find(episode)
        if live.state.ending is None:
            raise Conflict("the episode is still open: it is graded after its end; close it to end it now")
        return await asyncio.to_thread(lambda: ports.grade(load_record(live.record)))

    return router
