"""The FHIR gateway of an episode as a plain ASGI endpoint: nothing but the episode between socket and backend."""

from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from env_api.bearer import bearer
from env_api.desk import Desk
from env_api.live import LiveEpisode, outcome_answer
from env_api.problems import problem_headers
from fhir_r4 import Problem, Request

_READ_HEADERS = frozenset({b"accept", b"if-none-match", b"if-modified-since"})


class FhirRoute:
    """Any method on `/episodes/{id}/fhir[/...]`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        episode: LiveEpisode | None = None
        try:
            episode = await self._desk.admit(scope["path_params"]["episode"], bearer(scope["headers"]))
            answer = await episode.fhir(_asked(scope))
        except Problem as problem:
            refusal = outcome_answer(problem)
            headers = {**refusal.headers, **problem_headers(problem)} | ({} if episode is None else left(episode))
            return await _send(send, refusal.status, headers, refusal.body)
        await _send(
            send,
            answer.status,
            {**answer.headers, "x-fhir-left": str(answer.fhir_left), "x-actions-left": str(answer.actions_left)},
            answer.body,
        )


def left(episode: LiveEpisode) -> dict[str, str]:
    """What is left, as headers of every answer."""
    return {"x-fhir-left": str(episode.state.fhir_left), "x-actions-left": str(episode.state.actions_left)}


def _asked(scope: Scope) -> Request:
    """Path as it was written, below the base, so that nothing encoded passes for a slash."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    opening = f"{scope.get('root_path', '')}/episodes/{scope['path_params']['episode']}/fhir".encode()
    below = raw[len(opening) :].removeprefix(b"/") if raw.startswith(opening) else raw
    return Request(
        method=scope["method"],
        path=_ascii(below),
        query=_ascii(scope["query_string"]),
        headers={
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"] if name in _READ_HEADERS
        },
    )


def _ascii(raw: bytes) -> str:
    return raw.decode("ascii", "backslashreplace")


async def _send(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    if status != 304:
        pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
