"""GET [base]/Type?..., POST [base]/Type/_search. https://hl7.org/fhir/R4/http.html#search

What is offered is said in `fhir_r4.offer`. Known departures from HAPI 8.8, left for the next issue: unknown modifiers
are refused instead of ignored; several bounds on a date need not be met by the same one of several values; a chain on
_id is refused; booleans have no implied system; `_count=0` shows no links.
"""

from functools import lru_cache
from urllib.parse import parse_qsl, quote

from fhir_r4 import Request, Response, parse_search
from fhir_server.answer import count_answer
from fhir_server.match import match
from fhir_server.paging import first_page, search_id
from fhir_server.sort import ordered_ids
from fhir_server.store import EpisodeStore


def search(store: EpisodeStore, request: Request, resource_type: str) -> Response:
    """A searchset of the first page, or a count alone."""
    query = parse_search(resource_type, _asked(request))
    hits = match(store, resource_type, query.clauses)
    if query.summary == "count" or query.count == 0:
        return count_answer(store, search_id(store), sum(len(numbers) for _, numbers in hits))
    self_url = f"{store.base}/{request.path.rstrip('/')}{_self_query(request.query)}"
    return first_page(store, query, ordered_ids(hits, query.sort), self_url)


def _asked(request: Request) -> str:
    """The query string, with the form of a POST added."""
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if request.method != "POST" or not form or not request.body:
        return request.query
    return "&".join(filter(None, (request.query, request.body.decode(errors="replace"))))


@lru_cache(maxsize=4096)
def _self_query(query: str) -> str:
    """The parameters as HAPI writes them in the self link: sorted by name, percent-encoded."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True), key=lambda pair: pair[0])
    return "?" + "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in pairs) if pairs else ""
