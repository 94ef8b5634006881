"""What of FHIR an agent may ask of a read-only chart, and what of the answer it gets. Values in, values out.

Let through: GET of `Type`, `Type/id`, a further page, `metadata`. https://hl7.org/fhir/R4/http.html
"""

import re
from collections.abc import Set
from dataclasses import dataclass

from env_api.query import Pairs, only_value, parse_query, without, write_query
from env_api.settings import Settings
from fhir_r4 import (
    CHART_TYPES,
    ID_PATTERN,
    BackendDown,
    Forbidden,
    Gone,
    Invalid,
    NotAcceptable,
    NotFound,
    Request,
    Response,
    Returned,
    TooCostly,
    Unsupported,
    check_search,
    search_parameters,
)

_CHARACTERS = re.compile(r"[A-Za-z0-9\-._/$]*")
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_PAGE_ID = re.compile(r"[A-Za-z0-9\-_]{1,128}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_JSON_FORMATS = frozenset({"json", "application/json", "application/fhir+json", "text/json"})
_PAGE_PARAMETERS = frozenset(
    {"_getpages", "_getpagesoffset", "_count", "_bundletype", "_elements", "_include", "_summary"}
)
_RESULT_PARAMETERS = frozenset({"_count", "_elements", "_filter", "_offset", "_summary", "_total"})
_QUALIFIED = frozenset({"_has", "_include", "_revinclude", "_sort"})
"""Parameters of every search that may go on after a colon."""
_ASKED_HEADERS = ("if-none-match", "if-modified-since")
_GIVEN_HEADERS = ("content-type", "etag", "last-modified", "location")


@dataclass(frozen=True)
class View:
    """What the screen looks at besides the request. pages: ids of further pages that this episode was given."""

    base: str
    pages: Set[str]
    settings: Settings


def screen(asked: Request, view: View) -> Request:
    """The request to forward (or to answer here, if its path is `metadata`). Raises a Problem for any other."""
    if asked.method != "GET":
        raise Forbidden("this chart is read only: use GET to read, search, page, and for /metadata")
    if len(asked.path) + len(asked.query) > view.settings.url_max:
        raise Invalid(f"the URL is over {view.settings.url_max} characters: ask for less at a time")
    parts = _split(asked.path)
    pairs = _plain_json(parse_query(asked.query), asked.headers.get("accept", ""))
    match parts:
        case []:
            query = _page(pairs, view)
        case ["metadata"]:
            query = ""
        case [kind]:
            query = _search(kind, pairs, view)
        case _:
            query = _read(pairs)
    headers = {name: asked.headers[name] for name in _ASKED_HEADERS if name in asked.headers}
    return Request("GET", "/".join(parts), query, headers | {"accept": "application/fhir+json"})


def _split(path: str) -> list[str]:
    """`Type`, `Type/id`, `metadata` or nothing, as parts."""
    parts = path.removesuffix("/").split("/") if path else []
    if not _CHARACTERS.fullmatch(path) or any(part in ("", ".", "..") for part in parts):
        raise Invalid("the path is no FHIR path: write Type or Type/id, with nothing encoded")
    if parts in ([], ["metadata"]):
        return parts
    if len(parts) > 2 or not _TYPE.fullmatch(parts[0]) or not all(map(ID_PATTERN.fullmatch, parts[1:])):
        raise Forbidden("this operation is not offered here: read, search, paging and /metadata are")
    if parts[0] not in CHART_TYPES:
        raise NotFound("this resource type is not part of the chart: /metadata lists those that are")
    return parts


def _plain_json(pairs: Pairs, accept: str) -> Pairs:
    """The parameters without those about form. Raises NotAcceptable for anything but JSON."""
    form = only_value(pairs, "_format")
    named = accept.lower()
    wanted = form is None or form.partition(";")[0].strip().replace(" ", "+").lower() in _JSON_FORMATS
    if not wanted or (form is None and named and not any(word in named for word in ("json", "*/*", "application/*"))):
        raise NotAcceptable("this server speaks JSON only: ask for application/fhir+json")
    return without(pairs, "_format", "_pretty")


def _read(pairs: Pairs) -> str:
    if any(name != "_elements" for name, _ in pairs):
        raise Unsupported("a read takes no parameter but _elements: search by _id to use others")
    return write_query(pairs)


def _search(kind: str, pairs: Pairs, view: View) -> str:
    plain = tuple((name, _relative(value, view.base)) for name, value in _counted(pairs, view.settings))
    query = write_query(plain)
    check_search(kind, query)
    known = tuple(pair for pair in plain if _is_known(kind, pair[0]))
    return query if known == plain else write_query(known)


def _is_known(kind: str, name: str) -> bool:
    """False: a parameter that a FHIR server may ignore, or take in a way that others do not; it is not passed on."""
    head = re.split(r"[:.]", name, maxsplit=1)[0]
    return name in _RESULT_PARAMETERS or head in _QUALIFIED or head in search_parameters(kind)


def _page(pairs: Pairs, view: View) -> str:
    page = only_value(pairs, "_getpages")
    if page is None:
        raise Forbidden("a search needs a resource type: only links of a search lead here")
    if any(name not in _PAGE_PARAMETERS for name, _ in pairs):
        raise Invalid("a page link takes no parameters of yours: follow Bundle.link as it is")
    offset = only_value(pairs, "_getpagesoffset")
    if offset is not None and not _NUMBER.fullmatch(offset):
        raise Invalid("_getpagesoffset must be a whole number: follow Bundle.link as it is")
    if not _PAGE_ID.fullmatch(page) or page not in view.pages:
        raise Gone("no such page here: it is not of a search of this episode, or it has expired; search again")
    return write_query(_counted(pairs, view.settings))


def _counted(pairs: Pairs, settings: Settings) -> Pairs:
    """With a `_count` in bounds. Raises Invalid."""
    asked = only_value(pairs, "_count")
    if asked is None:
        return (*pairs, ("_count", str(settings.page_default)))
    if not _NUMBER.fullmatch(asked):
        raise Invalid("_count must be a whole number, 0 or more")
    clamped = str(min(int(asked), settings.page_max))
    return tuple((name, clamped if name == "_count" else value) for name, value in pairs)


def _relative(value: str, base: str) -> str:
    """References below the episode's base as `Type/id`, which every backend reads alike."""
    if base not in value:
        return value
    return ",".join(part.removeprefix(base + "/") for part in value.split(","))


def asks_for_parts(request: Request) -> bool:
    """Whether what comes back is never whole, includes too: any `_elements`, any `_summary` but false."""
    pairs = parse_query(request.query)
    return any(name == "_elements" or (name == "_summary" and value != "false") for name, value in pairs)


def release(answer: Response, view: View, *, parts: bool = False) -> Response:
    """The answer as the agent gets it; with `parts` nothing in it counts as whole. Raises TooCostly; BackendDown if the
    server spoke no FHIR."""
    settings = view.settings
    if len(answer.returned) > settings.entries_max or len(answer.body) > settings.answer_max:
        raise TooCostly(
            f"the answer is over {settings.entries_max} resources or {settings.answer_max} bytes:"
            " use a lower _count, fewer includes, or _elements"
        )
    if answer.body and "json" not in answer.headers.get("content-type", ""):
        raise BackendDown("the FHIR server answered with something that is not FHIR JSON: tell the operator")
    returned = answer.returned if 200 <= answer.status < 300 and answer.body else ()
    if parts:
        returned = tuple(Returned(item.reference, item.version, full=False) for item in returned)
    headers = {name: answer.headers[name] for name in _GIVEN_HEADERS if name in answer.headers}
    if not headers.get("location", view.base).startswith(view.base):
        del headers["location"]
    return Response(answer.status, headers, answer.body, returned)


def pages_in(body: bytes, base: str) -> frozenset[str]:
    """Ids of further pages that a Bundle's links name."""
    opening = f'"{base}?_getpages='.encode()
    found = set()
    at = body.find(opening)
    while at >= 0:
        start = at + len(opening)
        page = _PAGE_ID.match(body[start : start + 128].decode("ascii", "replace"))
        if page and body[at - 1 : at] != b"\\":
            found.add(page[0])
        at = body.find(opening, start)
    return frozenset(found)
