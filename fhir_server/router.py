"""From a request to its interaction. What is not listed here is refused, and metadata says what is listed."""

from typing import NamedTuple

from fhir_r4 import Invalid, MethodNotAllowed, NotAcceptable, Problem, Request, Response, require_resource_type
from fhir_server import interactions
from fhir_server.answer import problem_answer
from fhir_server.paging import later_page
from fhir_server.store import EpisodeStore

INTERACTIONS = ("read", "vread", "create", "update", "delete", "search-type", "transaction")
"""What `metadata` lists, by the names of the FHIR specification."""


class Place(NamedTuple):
    """A path in its parts; history is the version asked for, or None."""

    type: str
    id: str
    history: str | None


def answer(store: EpisodeStore, request: Request, software_version: str) -> Response:
    """Every FHIR error is an answer with an OperationOutcome."""
    try:
        response = _route(store, request, software_version)
    except Problem as problem:
        response = problem_answer(problem)
    if request.method == "HEAD":
        return Response(response.status, response.headers, b"", response.returned)
    return response


def _route(store: EpisodeStore, request: Request, software_version: str) -> Response:
    _require_json_answer(request)
    parts = [part for part in request.path.split("/") if part]
    if not parts:
        return _system(store, request)
    if parts == ["metadata"]:
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed("HAPI-0388: /metadata request must use HTTP GET or HTTP HEAD", issue="processing")
        return interactions.capabilities(store, INTERACTIONS, software_version)
    if parts[0][0] in "_$":
        raise not_understood(request)
    require_resource_type(parts[0])
    if len(parts) == 1 or parts[1:] == ["_search"]:
        return _type(store, request, parts)
    place = _place(request, parts)
    return _instance(store, request, place)


def _require_json_answer(request: Request) -> None:
    """Raises NotAcceptable if the client takes nothing but XML or HTML."""
    accept = request.headers.get("accept", "*/*").lower()
    if "_format=" in request.query:
        accept = next((pair for pair in request.query.split("&") if pair.startswith("_format=")), accept)
    if "json" in accept or "*/*" in accept or "application/*" in accept:
        return
    if "xml" in accept or "html" in accept or "turtle" in accept or "ttl" in accept:
        raise NotAcceptable("answers are JSON only; send Accept: application/fhir+json and no _format=xml")


def not_understood(request: Request) -> Invalid:
    return Invalid(
        "Invalid request: The FHIR endpoint on this server does not know how to handle "
        f"{request.method} operation[{request.path}]",
        issue="not-supported",
    )


def _system(store: EpisodeStore, request: Request) -> Response:
    if "_getpages=" in request.query and request.method in ("GET", "POST"):
        return later_page(store, request.query)
    if request.method == "POST":
        return interactions.transaction(store, request)
    raise Invalid(
        "HAPI-0287: This is the base URL of FHIR server. Unable to handle this request, as it does not contain a "
        "resource type or operation name.",
        issue="processing",
    )


def _type(store: EpisodeStore, request: Request, parts: list[str]) -> Response:
    if request.method == "GET" or (request.method == "POST" and len(parts) > 1):
        return interactions.search(store, request, parts[0])
    if request.method == "POST":
        return interactions.create(store, request, parts[0])
    if request.method == "PUT" and not request.query and len(parts) == 1:
        raise Invalid(
            "HAPI-0418: Can not update resource, request URL must contain an ID element for update (PUT) operation "
            "(it must be of the form [base]/[resource type]/[id])",
            issue="processing",
        )
    raise not_understood(request)


def _place(request: Request, parts: list[str]) -> Place:
    if len(parts) == 2 and not parts[1].startswith(("_", "$")):
        return Place(parts[0], parts[1], None)
    if len(parts) == 4 and parts[2] == "_history":
        return Place(parts[0], parts[1], parts[3])
    raise not_understood(request)


def _instance(store: EpisodeStore, request: Request, place: Place) -> Response:
    method = request.method
    if method in ("GET", "HEAD"):
        if place.history is not None:
            return interactions.vread(store, request, place.type, place.id, place.history)
        return interactions.read(store, request, place.type, place.id)
    if place.history is None and method == "PUT":
        return interactions.update(store, request, place.type, place.id)
    if place.history is None and method == "DELETE":
        return interactions.delete(store, request, place.type, place.id)
    if method == "POST" and place.history is None:
        raise Invalid(
            f'HAPI-0365: Can not create resource with ID "{place.id}", ID must not be supplied on a create (POST) '
            "operation (use an HTTP PUT / update operation if you wish to supply an ID)",
            issue="processing",
        )
    raise not_understood(request)
