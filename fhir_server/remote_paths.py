"""Which requests may pass to an upstream server: FHIR paths, JSON, and operations that change nothing we cannot see."""

import re
from urllib.parse import parse_qsl

from fhir_r4 import Invalid, MethodNotAllowed, NotAcceptable, Problem, Request, Unsupported

_SEGMENT = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$.\-]*")
_FIRST = re.compile(r"[A-Za-z]+|_history|_search|\$[a-z\-]+")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_OPERATIONS = frozenset(
    {"$everything", "$expand", "$lastn", "$lookup", "$subsumes", "$translate", "$validate", "$validate-code"}
)
_JSON_FORMATS = frozenset({"json", "application/json", "application/fhir+json", "text/json", "application/json+fhir"})
_FORWARDED = frozenset({"content-type", "if-match", "if-modified-since", "if-none-exist", "if-none-match", "prefer"})


def parameters(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def refusal(request: Request) -> Problem | None:
    """Why this request is not passed on, or None."""
    if request.method not in _METHODS:
        return MethodNotAllowed(f"{request.method} is not a FHIR method")
    segments = request.path.rstrip("/").split("/") if request.path else []
    if segments and not _is_fhir_path(segments):
        return Invalid(f"{request.path[:200]!r} is not a FHIR path; use [type]/[id], relative to the base")
    return _unknown_operation(segments) or _bad_parameter(request)


def _is_fhir_path(segments: list[str]) -> bool:
    return (
        len(segments) <= 5
        and _FIRST.fullmatch(segments[0]) is not None
        and all(_SEGMENT.fullmatch(s) for s in segments)
    )


def _unknown_operation(segments: list[str]) -> Problem | None:
    for segment in segments:
        if segment.startswith("$") and segment not in _OPERATIONS:
            return Unsupported(
                f"operation {segment[:60]} is not offered here; there are {', '.join(sorted(_OPERATIONS))}"
            )
    return None


def _bad_parameter(request: Request) -> Problem | None:
    for name, value in parameters(request.query):
        if name == "_format" and value.split(";")[0].strip().lower() not in _JSON_FORMATS:
            return NotAcceptable("answers are JSON only: leave out _format or use _format=json")
        if name in ("_cascade", "_expunge"):
            return Unsupported(f"{name} is not offered here")
    return None


def forwarded_headers(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name in _FORWARDED}


def is_search_by_post(request: Request) -> bool:
    return request.path.rstrip("/").endswith("_search")
