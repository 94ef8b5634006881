"""A plain FHIR server over one store of any backend: HTTP in, `Backend.send`, HTTP out."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.routing import Route

from fhir_r4 import Backend, Fault, NotFound, Problem, Request, Store, TooLarge
from fhir_server.answer import CONTENT_TYPE

BODY_CAP = 16 * 1024 * 1024
"""Bytes of a request body; a world is loaded in transactions of this size at most."""

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
_REQUEST_ID = "x-request-id"


def fhir_app(backend: Backend, store: Store, base_path: str = "/fhir", body_cap: int = BODY_CAP) -> Starlette:
    """Serves the store at `base_path`; every error is an OperationOutcome."""

    async def serve(http: HttpRequest) -> HttpResponse:
        try:
            body = await read_body(http, body_cap)
            answer = await backend.send(store, fhir_request(http, base_path, body))
        except Problem as problem:
            return _problem(http, problem)
        return HttpResponse(answer.body, answer.status, {**answer.headers, **_echo(http)})

    return Starlette(
        routes=[
            Route(base_path, serve, methods=METHODS),
            Route(base_path + "/{path:path}", serve, methods=METHODS),
        ],
        exception_handlers={HTTPException: _http_error, Exception: _fault},
    )


def fhir_request(http: HttpRequest, base_path: str, body: bytes | None) -> Request:
    """The request relative to the FHIR base."""
    path = http.url.path[len(base_path) :].strip("/")
    return Request(http.method, path, http.url.query, dict(http.headers), body)


async def read_body(http: HttpRequest, cap: int) -> bytes | None:
    """The body, or None. Raises TooLarge as soon as it is longer than `cap` bytes."""
    parts: list[bytes] = []
    size = 0
    async for part in http.stream():
        size += len(part)
        if size > cap:
            raise TooLarge(f"the body is larger than {cap} bytes; send it in smaller parts")
        parts.append(part)
    return b"".join(parts) or None


def _echo(http: HttpRequest) -> Mapping[str, str]:
    given = http.headers.get(_REQUEST_ID)
    return {_REQUEST_ID: given} if given else {}


def _problem(http: HttpRequest, problem: Problem) -> HttpResponse:
    return HttpResponse(problem.outcome_bytes(), problem.status, {"content-type": CONTENT_TYPE, **_echo(http)})


async def _http_error(http: HttpRequest, error: Exception) -> HttpResponse:
    assert isinstance(error, HTTPException)
    text = HTTPStatus(error.status_code).phrase
    problem = NotFound(f"{http.method} {http.url.path}: {text}; the FHIR base is elsewhere on this server")
    response = _problem(http, problem)
    response.status_code = error.status_code
    return response


async def _fault(http: HttpRequest, error: Exception) -> HttpResponse:
    return _problem(http, Fault(f"the server failed on {http.method} {http.url.path}; the log says why"))
