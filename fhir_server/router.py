"""From a request to its interaction: one row of ROUTES per kind of request. What has no row is refused."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from fhir_r4 import Invalid, MethodNotAllowed, Problem, Request, Response, require_resource_type
from fhir_server import interactions
from fhir_server.answer import CONTENT_TYPE, problem_answer
from fhir_server.form import content_type_for, pretty
from fhir_server.interactions.read import takes_raw
from fhir_server.operations import operate
from fhir_server.paging import later_page
from fhir_server.place import place_of
from fhir_server.refusal import not_understood
from fhir_server.store import EpisodeStore

Handler = Callable[..., Response]
"""Called with the store, the request and the arguments of its place: (resource type, id, version or $operation)."""


_POWERED_BY = "HAPI FHIR 8.8.0 REST Server (FHIR Server; FHIR 4.0.1/R4)"
_PAGE = re.compile(r"(?:^|&)_getpages=[^&]")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._ \-]{1,200}")


def answer(store: EpisodeStore, request: Request) -> Response:
    """Every FHIR error is an answer with an OperationOutcome."""
    content_type = CONTENT_TYPE
    try:
        if not takes_raw(request):
            content_type = content_type_for(request.headers.get("accept"), request.query)
        response = respond(store, request)
    except Problem as problem:
        response = problem_answer(problem)
    headers = {**response.headers, "x-powered-by": _POWERED_BY, "x-request-id": _request_id(store, request)}
    if content_type != CONTENT_TYPE and headers.get("content-type") == CONTENT_TYPE:
        headers["content-type"] = content_type
    body = response.body if request.method != "HEAD" else b""
    if "_pretty=true" in request.query and "_getpages=" not in request.query and body[:1] == b"{":
        body = pretty(body)
    return Response(response.status, headers, body, response.returned)


def _request_id(store: EpisodeStore, request: Request) -> str:
    """The one that the client gave, or the next of the episode: 16 letters and digits that look random."""
    number = store.fork << 32 | store.next_request()
    given = request.headers.get("x-request-id")
    if given and _REQUEST_ID.fullmatch(given):
        return given
    return f"{number * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF:016x}"


def respond(store: EpisodeStore, request: Request) -> Response:
    """The answer to one request, alone or an entry of a batch. Raises a Problem for every FHIR error."""
    shape, arguments = place_of(request.path)
    handler = ROUTES.get((request.method, shape))
    if shape[:4] == "Type":
        require_resource_type(arguments[0])
    if handler is None:
        raise _refused(request, shape)
    return handler(store, request, *arguments)


def _refused(request: Request, shape: str) -> Problem:
    if not shape:
        return _base_alone() if not request.query else not_understood(request)
    if shape == "metadata":
        return MethodNotAllowed("HAPI-0388: /metadata request must use HTTP GET or HTTP HEAD", issue="processing")
    return not_understood(request)


def _page_or_base(store: EpisodeStore, request: Request) -> Response:
    if _names_page(request):
        return later_page(store, request)
    raise not_understood(request) if "_getpages=" in request.query else _base_alone()


def _bundle_or_page(store: EpisodeStore, request: Request) -> Response:
    return later_page(store, request) if _names_page(request) else interactions.bundle(store, request, respond)


def _names_page(request: Request) -> bool:
    return _PAGE.search(request.query) is not None


def _base_alone() -> Invalid:
    return Invalid(
        "HAPI-0287: This is the base URL of FHIR server. Unable to handle this request, as it does not contain a "
        "resource type or operation name.",
        issue="processing",
    )


def _create_with_id(store: EpisodeStore, request: Request, resource_type: str, id: str) -> Response:
    raise Invalid(
        f'HAPI-0365: Can not create resource with ID "{id}", ID must not be supplied on a create (POST) '
        "operation (use an HTTP PUT / update operation if you wish to supply an ID)",
        issue="processing",
    )


_METHODS = ("GET", "POST", "PUT", "DELETE")
_OPERATION_SHAPES = ("$", "Type/$", "Type/id/$", "Type/id/_history/version/$")
ROUTES: Mapping[tuple[str, str], Handler] = MappingProxyType(
    {
        ("GET", "metadata"): interactions.capabilities,
        ("HEAD", "metadata"): interactions.capabilities,
        ("OPTIONS", ""): interactions.capabilities,
        ("GET", ""): _page_or_base,
        ("POST", ""): _bundle_or_page,
        ("GET", "Type"): interactions.search,
        ("GET", "Type/_search"): interactions.search,
        ("POST", "Type/_search"): interactions.search,
        ("POST", "Type"): interactions.create,
        ("PUT", "Type"): interactions.update_matching,
        ("DELETE", "Type"): interactions.delete_matching,
        ("PATCH", "Type"): interactions.patch_matching,
        ("GET", "Type/id"): interactions.read,
        ("HEAD", "Type/id"): interactions.read,
        ("PUT", "Type/id"): interactions.update,
        ("PUT", "Type/id/_history/version"): interactions.update,
        ("DELETE", "Type/id"): interactions.delete,
        ("DELETE", "Type/id/_history/version"): interactions.delete,
        ("PATCH", "Type/id"): interactions.patch,
        ("PATCH", "Type/id/_history/version"): interactions.patch,
        ("POST", "Type/id"): _create_with_id,
        ("GET", "_history"): interactions.history,
        ("HEAD", "_history"): interactions.history,
        ("GET", "Type/_history"): interactions.history,
        ("HEAD", "Type/_history"): interactions.history,
        ("GET", "Type/id/_history"): interactions.history,
        ("HEAD", "Type/id/_history"): interactions.history,
        ("GET", "Type/id/_history/version"): interactions.vread,
        ("HEAD", "Type/id/_history/version"): interactions.vread,
        **{(method, shape): operate for method in _METHODS for shape in _OPERATION_SHAPES},
    }
)
"""(method, shape of the path, see `place`) -> the interaction."""
