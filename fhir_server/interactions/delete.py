"""DELETE [base]/Type/id. https://hl7.org/fhir/R4/http.html#delete"""

from fhir_r4 import Request, Response
from fhir_server.answer import json_answer, outcome, version_url
from fhir_server.integrity import check_unreferenced
from fhir_server.store import EpisodeStore


def delete(store: EpisodeStore, request: Request, resource_type: str, id: str) -> Response:
    """200 also when there is nothing to delete, as HAPI answers; 409 while another resource refers to it."""
    last = store.current(resource_type, id)
    if last is None:
        display = "Delete succeeded: No existing resource was found so no action was taken."
        text = f"Not deleted, resource {resource_type}/{id} does not exist."
        return json_answer(outcome("SUCCESSFUL_DELETE_NOT_FOUND", display, text))
    if last.blob is None:
        display = "Delete succeeded: Resource was already deleted so no action was taken."
        text = f"Not deleted, resource {resource_type}/{id} was already deleted."
        return json_answer(outcome("SUCCESSFUL_DELETE_ALREADY_DELETED", display, text))
    check_unreferenced(store, f"{resource_type}/{id}")
    version = store.delete(resource_type, id)
    said = outcome("SUCCESSFUL_DELETE", "Delete succeeded.", "Successfully deleted 1 resource(s).")
    return json_answer(said, headers={"content-location": version_url(store, f"{resource_type}/{id}", version)})
