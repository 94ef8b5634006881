"""GET [base]/Type?..., POST [base]/Type/_search. https://hl7.org/fhir/R4/http.html#search

What is offered is said in `fhir_r4.offer`, how it departs from the specification in `fhir_r4.rules`.
"""

import re

from fhir_r4 import Request, Response, parse_search
from fhir_server.answer import count_answer
from fhir_server.match import match
from fhir_server.paging import first_page, only_page, search_id
from fhir_server.refusal import is_form, not_understood
from fhir_server.sort import ordered_ids
from fhir_server.store import EpisodeStore

_MOST = re.compile(r"max-results=(\d{1,9})")
_NO_LIMIT = 10**9


def search(store: EpisodeStore, request: Request, resource_type: str) -> Response:
    """A searchset of the first page, or a count alone."""
    if "_getpages=" in request.query or "_query=" in request.query:
        raise not_understood(request)
    query = parse_search(resource_type, _asked(request), store.rules)
    results = query.results
    hits = match(store, resource_type, query.clauses)
    if results.counts or (results.count == 0 and results.part.elements is None):
        return count_answer(store, search_id(store), sum(len(numbers) for _, numbers in hits))
    ids = ordered_ids(store, hits, results.sort)
    shown = request.query if request.method == "GET" else ""
    most = _most(request.headers.get("cache-control"))
    if most is not None or results.offset is not None:
        return only_page(store, resource_type, results, ids, request.path, shown, most)
    return first_page(store, resource_type, results, ids, request.path, shown)


def _asked(request: Request) -> str:
    """The query string, with the form of a POST added."""
    if request.method != "POST" or not is_form(request) or not request.body:
        return request.query
    return "&".join(filter(None, (request.query, request.body.decode(errors="replace"))))


def _most(cache_control: str | None) -> int | None:
    """How many hits a client that stores nothing wants at most; None if it did not say no-store."""
    if cache_control is None or "no-store" not in cache_control:
        return None
    most = _MOST.search(cache_control)
    return int(most[1]) if most else _NO_LIMIT
