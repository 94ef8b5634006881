"""Which requests may pass to an upstream server: FHIR paths, JSON, and operations that change nothing we cannot see."""

import re
from urllib.parse import parse_qsl

from fhir_r4 import Invalid, MethodNotAllowed, NotAcceptable, Problem, Request, Unsupported
from fhir_server.form import content_type_for
from fhir_server.operations import OPERATIONS
from fhir_server.refusal import not_understood

_SEGMENT = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$.\-]*")
_FIRST = re.compile(r"[A-Za-z]+|_history|_search|\$[a-z\-]+")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_FORWARDED = frozenset({"content-type", "if-match", "if-modified-since", "if-none-exist", "if-none-match", "prefer"})
_CACHE = "cache-control"


def parameters(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def refusal(request: Request) -> Problem | None:
    """Why this request is not passed on, or None."""
    if request.method not in _METHODS:
        return MethodNotAllowed(f"{request.method} is not a FHIR method")
    segments = request.path.rstrip("/").split("/") if request.path else []
    if segments and not _is_fhir_path(segments):
        return Invalid(f"{request.path[:200]!r} is not a FHIR path; use [type]/[id], relative to the base")
    return _unknown_operation(request, segments) or _bad_form(request) or _bad_parameter(request)


def _is_fhir_path(segments: list[str]) -> bool:
    return (
        len(segments) <= 5
        and _FIRST.fullmatch(segments[0]) is not None
        and all(_SEGMENT.fullmatch(s) for s in segments)
    )


def _unknown_operation(request: Request, segments: list[str]) -> Problem | None:
    """What the embedded engine does not offer is not passed on either."""
    names = [segment[1:] for segment in segments if segment.startswith("$")]
    return not_understood(request) if any(name not in OPERATIONS for name in names) else None


def _bad_form(request: Request) -> Problem | None:
    try:
        content_type_for(request.headers.get("accept"), request.query)
    except NotAcceptable as problem:
        return problem
    return None


def _bad_parameter(request: Request) -> Problem | None:
    refused = [name for name, _ in parameters(request.query) if name in ("_cascade", "_expunge")]
    return Unsupported(f"{refused[0]} is not offered here") if refused else None


def forwarded_headers(request: Request) -> dict[str, str]:
    kept = {name: value for name, value in request.headers.items() if name in _FORWARDED}
    if "no-store" in request.headers.get(_CACHE, ""):
        kept[_CACHE] = f"no-cache, {request.headers[_CACHE]}"
    return kept


def changing_operation(path: str) -> bool:
    """Whether a path ends in an operation that changes what it is asked of."""
    operation = OPERATIONS.get(path.rstrip("/").rpartition("$")[2]) if "$" in path else None
    return operation is not None and operation.changes


def is_search_by_post(request: Request) -> bool:
    return request.path.rstrip("/").endswith("_search")
