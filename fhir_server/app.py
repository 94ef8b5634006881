"""A plain FHIR server over one store of any backend: HTTP in, `Backend.send`, HTTP out."""

import gzip
import re
import zlib
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from fhir_r4 import Backend, Fault, Invalid, NotFound, Problem, Request, Response, Store, TooLarge
from fhir_server.answer import CONTENT_TYPE, problem_answer
from fhir_server.cors import Pairs, cors_headers, preflight

BODY_CAP = 16 * 1024 * 1024
"""Bytes of a request body; a world is loaded in transactions of this size at most."""

URL_CAP = 32 * 1024
"""Characters of a path and query, more than four times what HAPI's servers take; long searches go by POST."""

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]
_REQUEST_ID = "x-request-id"
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")


def fhir_app(backend: Backend, store: Store, base_path: str = "/fhir", body_cap: int = BODY_CAP) -> ASGIApp:
    """Serves the store at `base_path`; every error is an OperationOutcome."""
    fhir = _Fhir(backend, store, base_path, body_cap)
    rest = Starlette(
        routes=[Route(base_path, fhir, methods=METHODS), Route(base_path + "/{path:path}", fhir, methods=METHODS)],
        exception_handlers={HTTPException: _http_error, Exception: _fault},
    )
    guarded, inside = ServerErrorMiddleware(fhir, handler=_fault), base_path + "/"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Straight to the store if the path says so: routing would cost as much as a search."""
        direct = scope["type"] == "http" and scope["path"].startswith(inside) and scope["method"] in METHODS
        await (guarded if direct else rest)(scope, receive, send)

    return app


class _Fhir:
    """One FHIR base as an ASGI application: HTTP in, `Backend.send`, HTTP out."""

    def __init__(self, backend: Backend, store: Store, base_path: str, body_cap: int) -> None:
        self._backend = backend
        self._store = store
        self._start = len(base_path)
        self._cap = body_cap

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        added: Pairs = []
        if "origin" in headers:
            here = f"{scope['scheme']}://{headers.get('host', '')}"
            asked_first = preflight(scope["method"], headers, here)
            if asked_first is not None:
                await _send(send, asked_first.status, asked_first.headers, asked_first.body)
                return
            added = cors_headers(headers, here)
        try:
            answer = await self._answer(scope, headers, receive)
        except ClientDisconnect:
            return
        given, body = _zipped(headers, answer)
        await _send(send, answer.status, [*given.items(), *added], body)

    async def _answer(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> Response:
        path, query = scope["path"][self._start :].lstrip("/"), scope["query_string"].decode(errors="replace")
        try:
            if len(path) + len(query) > URL_CAP:
                raise TooLarge(f"the URL is longer than {URL_CAP} characters: search by POST to Type/_search")
            body = None
            if "content-length" in headers or "transfer-encoding" in headers:
                body = await read_body(receive, self._cap)
                if body and headers.get("content-encoding") == "gzip":
                    body = unzipped(body, self._cap)
            return await self._backend.send(self._store, Request(scope["method"], path, query, headers, body))
        except Problem as problem:
            return problem_answer(problem)


def _headers(scope: Scope) -> dict[str, str]:
    """Of a header that comes twice, the first."""
    return {name.decode("latin-1"): text.decode("latin-1") for name, text in reversed(scope["headers"])}


async def read_body(receive: Receive, cap: int) -> bytes | None:
    """The body, or None. Raises TooLarge once it is longer than `cap` bytes, ClientDisconnect if it breaks off."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > cap:
            raise TooLarge(f"the body is larger than {cap} bytes; send it in smaller parts")
        more = message.get("more_body", False)
    return b"".join(parts) or None


def unzipped(body: bytes, cap: int) -> bytes:
    """Never more than `cap` bytes, however much they would become. Raises TooLarge, or Invalid for what is no gzip."""
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(body, cap + 1)
    except zlib.error as error:
        raise Invalid(f"the body is no gzip, as its Content-Encoding says ({error}): send it as it is") from None
    if len(plain) > cap:
        raise TooLarge(f"the body is larger than {cap} bytes once unzipped; send it in smaller parts")
    if not reader.eof:
        raise Invalid("the gzip body ends before it is whole: send it again")
    return plain


_IN_HEADERS = "".join(chr(n) for n in range(32, 127))


def _header(text: str) -> bytes:
    """A header's value; what cannot stand there, as a line break in an id, is percent-encoded."""
    return (text if text.isascii() and text.isprintable() else quote(text, safe=_IN_HEADERS)).encode()


async def _send(send: Send, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
    raw = [(name.encode("latin-1"), _header(text)) for name, text in headers]
    if status not in (204, 304):
        raw.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _zipped(asked: Mapping[str, str], answer: Response) -> tuple[dict[str, str], bytes]:
    """Headers and body, compressed if the client takes that; every body but those of errors, as HAPI does."""
    headers = {**answer.headers, **_echo(asked)}
    if not answer.body or answer.status >= 300 or not _GZIP.search(asked.get("accept-encoding", "")):
        return headers, answer.body
    return {**headers, "content-encoding": "gzip"}, gzip.compress(answer.body, compresslevel=1, mtime=0)


def _echo(asked: Mapping[str, str]) -> Mapping[str, str]:
    given = asked.get(_REQUEST_ID)  # a remote FHIR server may have answered without it
    return {_REQUEST_ID: given} if given else {}


def _problem(http: HttpRequest, problem: Problem) -> HttpResponse:
    return HttpResponse(problem.outcome_bytes(), problem.status, {"content-type": CONTENT_TYPE, **_echo(http.headers)})


async def _http_error(http: HttpRequest, error: Exception) -> HttpResponse:
    assert isinstance(error, HTTPException)
    text = HTTPStatus(error.status_code).phrase
    problem = NotFound(f"{http.method} {http.scope['path']}: {text}; the FHIR base is elsewhere on this server")
    response = _problem(http, problem)
    response.status_code = error.status_code
    return response


async def _fault(http: HttpRequest, error: Exception) -> HttpResponse:
    return _problem(http, Fault(f"the server failed on {http.method} {http.scope['path']}; the log says why"))
