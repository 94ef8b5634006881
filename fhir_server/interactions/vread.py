"""GET [base]/Type/id/_history/version. https://hl7.org/fhir/R4/http.html#vread"""

from fhir_r4 import NotFound, Request, Response
from fhir_server.answer import resource_answer
from fhir_server.interactions.read import asked_elements, gone
from fhir_server.store import EpisodeStore
from fhir_server.subset import wanted


def vread(store: EpisodeStore, request: Request, resource_type: str, id: str, number: str) -> Response:
    """404 for an unknown id or version, 410 for the version that a delete made."""
    reference = f"{resource_type}/{id}"
    if store.current(resource_type, id) is None:
        raise NotFound(f"HAPI-2001: Resource {reference} is not known", issue="processing")
    known = store.version(resource_type, id, int(number)) if number.isascii() and number.isdigit() else None
    if known is None:
        raise NotFound(f'HAPI-0979: Version "{number}" is not valid for resource {reference}', issue="processing")
    if known.blob is None:
        return gone(store, reference, known)
    paths = wanted(asked_elements(request), resource_type, resource_type)
    return resource_answer(store, reference, known, paths=paths)
