"""GET [base]/Type/id. https://hl7.org/fhir/R4/http.html#read"""

from urllib.parse import parse_qsl

from fhir_r4 import Gone, Invalid, NotFound, Request, Response, Unsupported
from fhir_server.answer import CONTENT_TYPE, problem_answer, resource_answer, version_url
from fhir_server.store import EpisodeStore, Version
from fhir_server.subset import wanted

_IGNORED = frozenset({"_format", "_pretty"})


def read(store: EpisodeStore, request: Request, resource_type: str, id: str) -> Response:
    """404 for an id never used, 410 after a delete, 304 if the client has this version."""
    version = store.current(resource_type, id)
    reference = f"{resource_type}/{id}"
    if version is None:
        raise NotFound(f"HAPI-2001: Resource {reference} is not known", issue="processing")
    if version.blob is None:
        return gone(store, reference, version)
    if request.headers.get("if-none-match") in (f'W/"{version.number}"', f'"{version.number}"'):
        return Response(304, {"content-type": CONTENT_TYPE, "etag": f'W/"{version.number}"'}, b"")
    paths = wanted(asked_elements(request), resource_type, resource_type)
    return resource_answer(store, reference, version, paths=paths)


def gone(store: EpisodeStore, reference: str, version: Version) -> Response:
    problem = Gone(f"Resource was deleted at {store.world.now}", issue="processing")
    return problem_answer(problem, {"location": version_url(store, reference, version)})


def asked_elements(request: Request) -> tuple[str, ...] | None:
    """What `_elements` names. Raises Unsupported for _summary, Invalid for a parameter that a read does not take."""
    names: list[str] = []
    for name, text in parse_qsl(request.query, keep_blank_values=True):
        if name == "_elements":
            names += [part.strip() for part in text.split(",") if part.strip()]
        elif name == "_summary":
            if text in ("true", "text", "data", "count"):
                raise Unsupported(f"_summary={text} is not offered on a read; use _elements")
        elif name not in _IGNORED:
            raise Invalid(
                "Invalid request: The FHIR endpoint on this server does not know how to handle GET "
                f"operation[{request.path}] with parameters [[{name}]]",
                issue="not-supported",
            )
    return tuple(names) or None
