"""$everything of patients and encounters. https://hl7.org/fhir/R4/patient-operation-everything.html

As on HAPI 8.8, start, end and _since change nothing.
"""

from dataclasses import replace
from urllib.parse import urlencode

from fhir_r4 import Gone, NotFound, Request, Response, is_resource_type, parse_search
from fhir_server.answer import count_answer
from fhir_server.operations.compartment import Compartment, everything
from fhir_server.operations.parameters import Asked, asked_of
from fhir_server.paging import first_page, search_id
from fhir_server.store import EpisodeStore

_OF_THE_ANSWER = ("_count", "_elements", "_summary", "_total", "_format", "_pretty")
_UNKNOWN = {"Patient": "TokenParam[system=,value={}]", "Encounter": "StringParam[value={}]"}


def everything_of(store: EpisodeStore, request: Request, resource_type: str, id: str | None = None) -> Response:
    """A searchset in pages, every entry a match."""
    asked = asked_of(request)
    if id is not None:
        _must_exist(store, resource_type, id)
    references = everything(store, Compartment(resource_type, _ids(asked, id), _types(asked)))
    form = [pair for pair in asked.pairs if pair[0] in _OF_THE_ANSWER]
    results = replace(parse_search(resource_type, urlencode(form), store.rules).results, includes=())
    if results.counts or results.count == 0:
        return count_answer(store, search_id(store), len(references))
    response = first_page(store, "", results, references, request.path.rstrip("/"), request.query)
    if request.method == "POST" and "content-location" in response.headers:
        headers = {**response.headers, "location": response.headers["content-location"]}
        return response._replace(headers=headers)
    return response


def _must_exist(store: EpisodeStore, resource_type: str, id: str) -> None:
    version = store.current(resource_type, id)
    if version is None:
        shown = _UNKNOWN[resource_type].format(id)
        raise NotFound(f"HAPI-2841: Resource [[{shown}]] is not known.", issue="processing")
    if version.is_gone:
        raise Gone(f"HAPI-2572: Resource {resource_type}/{id} has been deleted", issue="processing")


def _ids(asked: Asked, id: str | None) -> tuple[str, ...] | None:
    if id is not None:
        return (id,)
    named = [text for value in asked.every("_id") for text in value.split(",") if text]
    return tuple(named) or None


def _types(asked: Asked) -> frozenset[str]:
    names = frozenset(text.strip() for value in asked.every("_type") for text in value.split(",") if text.strip())
    unknown = sorted(name for name in names if not is_resource_type(name))
    if unknown:
        raise NotFound(f"HAPI-2197: Unknown resource type '{unknown[0]}' in _type parameter.", issue="processing")
    return names
