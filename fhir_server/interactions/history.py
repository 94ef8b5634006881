"""GET [base]/Type/id/_history, [base]/Type/_history, [base]/_history. https://hl7.org/fhir/R4/http.html#history

As HAPI 8.8: newest first, pages by `_offset`, no total with `_since` or `_at`, unknown parameters ignored.
"""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from fhir_r4 import Invalid, NotFound, Part, Request, Response, Returned, read_number, read_part
from fhir_server.address import query_with, written_query
from fhir_server.answer import Page, count_answer, page_answer
from fhir_server.interactions.moment import Moments, read_moments
from fhir_server.paging import MOST, PAGE, search_id
from fhir_server.store import EpisodeStore, Version
from fhir_server.subset import cut_of

_TYPE = "history"


class Asked(NamedTuple):
    """moments: the times of writing that are wanted; None for all."""

    counts: bool
    part: Part
    size: int
    offset: int
    moments: Moments | None


def history(store: EpisodeStore, request: Request, resource_type: str | None = None, id: str | None = None) -> Response:
    """Every version, deletions included. 404 for an id never used."""
    if resource_type is not None and id is not None and store.current(resource_type, id) is None:
        raise NotFound(f"HAPI-2001: Resource {resource_type}/{id} is not known", issue="processing")
    asked = _asked(request.query)
    key = search_id(store)
    shown = asked.moments is None or asked.moments.take(store.world.updated.low)
    last = asked.offset + max(0, asked.size)
    count, page = store.history(asked.offset, last, resource_type, id) if shown else (0, [])
    place = {"content-location": f"{store.base}/Bundle/{key}"}
    if asked.counts:
        return _with(count_answer(store, key, count, _TYPE), place)
    entries: list[bytes] = []
    returned: list[Returned] = []
    for reference, version in page:
        entry, one = _entry(store, reference, version, asked.part)
        entries.append(entry)
        returned += one
    links = _links(store, request, asked, count)
    total = count if asked.moments is None else None
    tagged = asked.part.summary in ("true", "data")
    return page_answer(store, Page(key, entries, tuple(returned), links, total, _TYPE, tagged), place)


def _with(response: Response, headers: dict[str, str]) -> Response:
    return Response(response.status, {**response.headers, **headers}, response.body, response.returned)


@lru_cache(maxsize=512)
def _asked(query: str) -> Asked:
    given: dict[str, list[str]] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        given.setdefault(name, []).append(text)
    summaries, part = read_part(given)
    count = _count(given.get("_count", [""])[0])
    offset = read_number(given, "_offset", "HAPI-0461") or 0
    if offset < 0:
        raise Invalid("_offset must be 0 or more: follow the links of the first page as they are", issue="processing")
    counts = summaries == {"count"} or (count == 0 and part.elements is None)
    return Asked(counts, part, count, offset, read_moments(given))


def _count(text: str) -> int:
    """Anything but a whole number counts as the default, as in HAPI."""
    digits = text.removeprefix("-")
    return min(int(text[:9]), MOST) if digits.isascii() and digits.isdigit() else PAGE


def _entry(store: EpisodeStore, reference: str, version: Version, part: Part) -> tuple[bytes, tuple[Returned, ...]]:
    number = version.number
    method, status = ("POST", "201 Created") if number == 1 else ("PUT", "200 OK")
    head, body = f'{{"fullUrl":"{store.base}/{reference}",'.encode(), b""
    returned: tuple[Returned, ...] = ()
    if version.is_gone:
        method = "DELETE"
    else:
        name = reference.partition("/")[0]
        cut = None if part.whole else cut_of(part, name, name)
        resource = version.json
        body = b'"resource":%b,' % (cut(resource) if cut is not None else resource)
        returned = (Returned(reference, str(number), cut is None),)
    tail = (
        f'"request":{{"method":"{method}","url":"{reference}/_history/{number}"}},'
        f'"response":{{"status":"{status}","etag":"W/\\"{number}\\""}}}}'
    )
    return head + body + tail.encode(), returned


def _links(store: EpisodeStore, request: Request, asked: Asked, total: int) -> list[tuple[str, str]]:
    here, count, offset = f"{store.base}/{request.path}", max(0, asked.size), asked.offset
    links = [("self", here + written_query(request.query))]
    if count and offset + count < total:
        links.append(("next", here + query_with(request.query, count, offset + count)))
    if offset:
        links.append(("previous", here + query_with(request.query, count, max(0, offset - count))))
    return links
