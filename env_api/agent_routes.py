"""What an agent may call besides FHIR: brief, actions, submit. Each needs the episode's own Bearer token."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from env_api.bearer import bearer
from env_api.desk import Desk
from env_api.fhir_route import left
from env_api.forms import read_capped
from env_api.live import Answer, LiveEpisode
from env_api.problems import problem_body
from fhir_r4 import Problem, TooLarge
from tasks import Brief

_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}


def agent_routes(desk: Desk) -> APIRouter:
    router = APIRouter(redirect_slashes=False)

    async def admit(episode: str, request: Request) -> LiveEpisode:
        return await desk.admit(episode, bearer(request.scope["headers"]))

    @router.get("/episodes/{episode}/brief", response_model=Brief)
    async def brief(episode: str, request: Request) -> Response:
        """What is asked, what it may cost, and the JSON Schemas of actions and report. Costs nothing."""
        live = await admit(episode, request)
        return Response(live.brief().model_dump_json(), 200, left(live), "application/json")

    @router.post("/episodes/{episode}/actions", openapi_extra=_BODY)
    async def actions(episode: str, request: Request) -> Response:
        """One audit action, as the brief's action_schema says. Costs 1, whatever becomes of it."""
        live = await admit(episode, request)
        body: bytes | Problem
        try:
            body = await read_capped(request, desk.ports.settings.body_max)
        except TooLarge as problem:
            body = problem
        try:
            return _response(await live.act(body))
        except Problem as problem:
            return _refusal(live, problem)

    @router.post("/episodes/{episode}/submit", openapi_extra=_BODY)
    async def submit(episode: str, request: Request) -> Response:
        """The closing report, as the brief's report_schema says. Ends the episode; a malformed one ends nothing."""
        live = await admit(episode, request)
        try:
            return _response(await live.submit(await read_capped(request, desk.ports.settings.body_max)))
        except Problem as problem:
            return _refusal(live, problem)

    return router


def _response(answer: Answer) -> Response:
    headers = {"x-fhir-left": str(answer.fhir_left), "x-actions-left": str(answer.actions_left)}
    return Response(answer.body, answer.status, headers | dict(answer.headers))


def _refusal(live: LiveEpisode, problem: Problem) -> Response:
    return Response(problem_body(problem), problem.status, left(live), "application/json")
