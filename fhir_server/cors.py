"""Requests from pages of other origins, answered as HAPI's starter does: every origin may read and write.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from collections.abc import Mapping
from typing import NamedTuple

_METHODS = "GET,POST,PUT,DELETE,OPTIONS,PATCH,HEAD"
_REQUEST_HEADERS = frozenset(
    {
        *("origin", "accept", "content-type", "authorization", "cache-control", "if-match", "if-none-match"),
        *("x-fhir-starter", "x-requested-with", "prefer"),
    }
)
_EXPOSED = "Location, Content-Location, ETag, Date, Retry-After, X-Correlation-Id, X-Progress, X-Request-Id"
_VARY = [("vary", "Origin"), ("vary", "Access-Control-Request-Method"), ("vary", "Access-Control-Request-Headers")]

Pairs = list[tuple[str, str]]


class Preflight(NamedTuple):
    status: int
    headers: Pairs
    body: bytes


def cors_headers(headers: Mapping[str, str], here: str) -> Pairs:
    """What an answer adds for a page of another origin than `here`; nothing for others. Names in lower case."""
    origin = headers.get("origin")
    if origin is None or origin == here:
        return []
    return [("access-control-allow-origin", origin), ("access-control-expose-headers", _EXPOSED), *_VARY]


def preflight(method: str, headers: Mapping[str, str], here: str) -> Preflight | None:
    """The answer to a browser that asks first; None if this request is no such question."""
    added = cors_headers(headers, here)
    wanted = headers.get("access-control-request-method")
    if method != "OPTIONS" or not added or wanted is None:
        return None
    names = [name.strip() for name in headers.get("access-control-request-headers", "").split(",") if name.strip()]
    allowed = [name for name in names if name.lower() in _REQUEST_HEADERS]
    if wanted not in _METHODS.split(",") or (names and not allowed):
        return Preflight(403, _VARY, b"Invalid CORS request")
    given = [("access-control-allow-headers", ", ".join(allowed))] if allowed else []
    return Preflight(200, [*added, ("access-control-allow-methods", _METHODS), *given], b"")
