"""DELETE [base]/Type/id and DELETE [base]/Type?query. https://hl7.org/fhir/R4/http.html#delete"""

from typing import Any
from urllib.parse import parse_qsl

from fhir_r4 import Conflict, Invalid, MethodNotAllowed, Request, Response
from fhir_server.answer import json_answer
from fhir_server.conditional import one_match
from fhir_server.integrity import check_unreferenced
from fhir_server.interactions.writing import TOOK, said
from fhir_server.store import EpisodeStore


def delete(store: EpisodeStore, request: Request, resource_type: str, id: str, version: str | None = None) -> Response:
    """200 also when there is nothing to delete, and whatever If-Match says, as HAPI answers; 409 while another
    resource refers to it."""
    reference = f"{resource_type}/{id}"
    last = store.current(resource_type, id)
    if last is not None and not last.is_gone:
        if version is not None and version != str(last.number):
            raise Conflict(
                f"HAPI-0550: HAPI-0961: Trying to delete {reference}/_history/{version} but this is not the current "
                "version",
                issue="processing",
            )
        check_unreferenced(store, reference)
    outcome, number = delete_now(store, resource_type, id)
    place = f"{reference}/_history/{number}" if number else reference
    return json_answer(outcome, headers={"content-location": f"{store.base}/{place}"})


def delete_now(store: EpisodeStore, resource_type: str, id: str) -> tuple[dict[str, Any], int | None]:
    """(outcome, number of the version that is the deletion), without a look at what refers to the resource."""
    last = store.current(resource_type, id)
    if last is None:
        text = f"Not deleted, resource {resource_type}/{id} does not exist."
        return said("SUCCESSFUL_DELETE_NOT_FOUND", text), None
    if last.is_gone:
        text = f"Not deleted, resource {resource_type}/{id}/_history/{last.number} was already deleted."
        return said("SUCCESSFUL_DELETE_ALREADY_DELETED", text), last.number
    version = store.delete(resource_type, id)
    return said("SUCCESSFUL_DELETE", "Successfully deleted 1 resource(s)." + TOOK), version.number


def delete_matching(store: EpisodeStore, request: Request, resource_type: str) -> Response:
    """A conditional delete of at most one resource. 412 for several, 405 for `_expunge`."""
    if not request.query:
        raise Invalid("HAPI-0967: Can not perform delete, no ID provided", issue="processing")
    if any(name == "_expunge" for name, _ in parse_qsl(request.query)):
        raise MethodNotAllowed(
            "HAPI-0963: _expunge is not enabled on this server: Delete Expunge is not supported on this server.  "
            "Multiple Delete is disabled.",
            issue="processing",
        )
    id = one_match(store, resource_type, request.query, "HAPI-0962", "DELETE")
    if id is None:
        return json_answer(nothing_deleted(f"{resource_type}?{request.query}"))
    check_unreferenced(store, f"{resource_type}/{id}")
    return json_answer(delete_now(store, resource_type, id)[0])


def nothing_deleted(url: str) -> dict[str, Any]:
    """The outcome of a conditional delete without a match."""
    outcome = said(
        "SUCCESSFUL_DELETE_NOT_FOUND", f'Unable to find resource matching URL "{url}". Nothing has been deleted.'
    )
    outcome["issue"][0].update(severity="warning", code="not-found")
    return outcome
