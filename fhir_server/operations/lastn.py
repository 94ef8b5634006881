"""Observation/$lastn as HAPI 8.8 answers it without its index for that: every observation, the last of a kind first."""

from dataclasses import replace
from urllib.parse import urlencode

from fhir_r4 import Request, Response, parse_search
from fhir_server.answer import count_answer
from fhir_server.match import match
from fhir_server.operations.parameters import asked_of
from fhir_server.paging import first_page, search_id
from fhir_server.sort import ordered_ids
from fhir_server.store import EpisodeStore

_ORDER = "_sort=subject,code,-date"
_OWN = frozenset({"max"})


def lastn(store: EpisodeStore, request: Request, resource_type: str) -> Response:
    """What restricts a search is read, and refused where a search refuses it, but restricts nothing."""
    given = urlencode([pair for pair in asked_of(request).pairs if pair[0] not in _OWN])
    asked = parse_search(resource_type, given, store.rules).results
    results = replace(asked, sort=parse_search(resource_type, _ORDER, store.rules).results.sort)
    hits = match(store, resource_type, ())
    if results.counts:
        return count_answer(store, search_id(store), sum(len(numbers) for _, numbers in hits))
    ids = ordered_ids(store, hits, results.sort)
    return first_page(store, resource_type, results, ids, request.path.rstrip("/"), request.query)
