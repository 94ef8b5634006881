"""GET [base]/Type/id/_history/version. https://hl7.org/fhir/R4/http.html#vread"""

from fhir_r4 import NotFound, Request, Response
from fhir_server.interactions.read import version_answer
from fhir_server.store import EpisodeStore


def vread(store: EpisodeStore, request: Request, resource_type: str, id: str, number: str) -> Response:
    """404 for an unknown id or version, 410 for the version that a delete made."""
    reference = f"{resource_type}/{id}"
    if store.current(resource_type, id) is None:
        raise NotFound(f"HAPI-2001: Resource {reference} is not known", issue="processing")
    whole = number.isascii() and number.isdigit()
    known = store.version(resource_type, id, int(number[:9])) if whole else None
    if known is None:
        code = "HAPI-0979" if whole else "HAPI-0978"
        raise NotFound(f'{code}: Version "{number}" is not valid for resource {reference}', issue="processing")
    return version_answer(store, request, reference, known)
