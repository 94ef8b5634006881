"""GET [base]/metadata. https://hl7.org/fhir/R4/http.html#capabilities"""

from collections.abc import Iterable

from fhir_r4 import Response, capability_statement, resource_types
from fhir_server.answer import json_answer
from fhir_server.store import EpisodeStore


def capabilities(store: EpisodeStore, interactions: Iterable[str], software_version: str) -> Response:
    """All resource types, the interactions that are routed, and the search that is offered."""
    return json_answer(capability_statement(resource_types(), interactions, store.base, software_version))
