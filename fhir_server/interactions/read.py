"""GET [base]/Type/id. https://hl7.org/fhir/R4/http.html#read"""

from base64 import b64decode
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import parse_qsl

from fhir_r4 import WHOLE, Gone, Invalid, NotFound, Part, Request, Response, Returned, parse_exact, read_part
from fhir_server.answer import CONTENT_TYPE, problem_answer, resource_answer, resource_headers, version_url
from fhir_server.refusal import not_understood
from fhir_server.store import EpisodeStore, Version
from fhir_server.subset import cut_of

_REFUSED = frozenset({"_contained", "_containedType", "_count", "_include", "_revinclude", "_sort", "_total"})


def read(store: EpisodeStore, request: Request, resource_type: str, id: str) -> Response:
    """404 for an id never used, 410 after a delete, 304 if the client has this version."""
    version = store.current(resource_type, id)
    reference = f"{resource_type}/{id}"
    if version is None:
        raise NotFound(f"HAPI-2001: Resource {reference} is not known", issue="processing")
    return version_answer(store, request, reference, version)


def version_answer(store: EpisodeStore, request: Request, reference: str, version: Version) -> Response:
    """One version of a resource, or the part of it that the request asks for."""
    part = _part(request)
    if version.is_gone:
        return gone(store, reference, version)
    if _is_known(store, request, version):
        return Response(304, {"content-type": CONTENT_TYPE}, b"")
    resource_type = reference.partition("/")[0]
    if resource_type == "Binary" and takes_raw(request):
        raw = _raw(store, reference, version)
        if raw is not None:
            return raw
    if part.summary == "text":
        return _narrative(store, reference, version)
    cut = None if part.whole else cut_of(part, resource_type, resource_type)
    return resource_answer(store, reference, version, cut=cut)


def gone(store: EpisodeStore, reference: str, version: Version) -> Response:
    problem = Gone(f"Resource was deleted at {store.world.now}", issue="processing")
    return problem_answer(problem, {"location": version_url(store, reference, version)})


def takes_raw(request: Request) -> bool:
    """Whether a read of a Binary is answered with its content: unless the client names a FHIR media type."""
    if not request.path.startswith("Binary/"):
        return False
    return "_format=" not in request.query and "fhir" not in request.headers.get("accept", "").lower()


def _raw(store: EpisodeStore, reference: str, version: Version) -> Response | None:
    """The content of a Binary; None if it has none."""
    resource = parse_exact(version.json)
    if "data" not in resource:
        return None
    try:
        content = b64decode(resource["data"])
    except ValueError:
        return None
    headers = resource_headers(store, reference, version)
    del headers["last-modified"]
    headers["content-type"] = resource.get("contentType", "application/octet-stream")
    headers["content-disposition"] = "Attachment;"
    return Response(200, headers, content, (Returned(reference, str(version.number), True),))


def _is_known(store: EpisodeStore, request: Request, version: Version) -> bool:
    """Whether the client has this version already, by If-None-Match or If-Modified-Since."""
    tag, since = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
    if tag is not None and tag.strip().removeprefix("W/").strip('"') == str(version.number):
        return True
    return since is not None and store.world.updated.low <= _milliseconds(since)


def _milliseconds(http_date: str) -> float:
    """Since 1970; negative infinity for what is no date, which is as if it were not sent."""
    try:
        at = parsedate_to_datetime(http_date)
    except ValueError:
        return float("-inf")
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000


def _narrative(store: EpisodeStore, reference: str, version: Version) -> Response:
    """`_summary=text` on one resource is its narrative as HTML, empty if it has none."""
    text = parse_exact(version.json).get("text", {}).get("div", "")
    headers = resource_headers(store, reference, version) | {"content-type": "text/html;charset=utf-8"}
    return Response(200, headers, text.encode(), (Returned(reference, str(version.number), False),))


def _part(request: Request) -> Part:
    """Raises Invalid for a parameter that a read does not take."""
    if not request.query:
        return WHOLE
    unknown, refused, part = _asked(request.query)
    if unknown:
        raise not_understood(request)
    if refused:
        names = ", ".join(refused)
        raise Invalid(f'HAPI-0384: Invalid query parameter(s) for this request: "[{names}]"', issue="processing")
    return part


@lru_cache(maxsize=1024)
def _asked(query: str) -> tuple[bool, list[str], Part]:
    """(whether it has an unknown parameter, those of a search that it has, what to show).

    Unknown ones that start with _ are ignored.
    """
    given: dict[str, list[str]] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        given.setdefault(name, []).append(text)
    refused = sorted(name for name in given if name.partition(":")[0] in _REFUSED)
    return any(name[:1] != "_" for name in given), refused, read_part(given)[1]
