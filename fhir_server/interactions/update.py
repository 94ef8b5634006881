"""PUT [base]/Type/id, which creates the resource if there is none. https://hl7.org/fhir/R4/http.html#update"""

import re
from typing import Any, NamedTuple

from fhir_r4 import ID_PATTERN, Conflict, Invalid, Request, Response
from fhir_server.answer import outcome
from fhir_server.body import read_resource, require_json
from fhir_server.integrity import check_references
from fhir_server.interactions.writing import check_storable, kept_labels, prepared, write_answer
from fhir_server.store import EpisodeStore, Version, Write

_ETAG = re.compile(r'(W/)?"?(?P<version>[^"]*)"?')


class Updated(NamedTuple):
    """status: 201 created, 200 changed or left alone. said: the outcome to report."""

    version: Version
    status: int
    said: dict[str, Any]


def update(store: EpisodeStore, request: Request, resource_type: str, id: str) -> Response:
    """A PUT that changes nothing keeps the version. 409 for a stale If-Match."""
    require_json(request, "UPDATE")
    resource = read_resource(request.body, resource_type)
    _check_ids(resource, id)
    check_storable(resource)
    check_client_id(store, resource_type, id)
    last = store.current(resource_type, id)
    check_match(request.headers.get("if-match"), f"{resource_type}/{id}", last)
    check_references(store, resource, ())
    done = apply_update(store, prepared(kept_labels(resource, last), id))
    return write_answer(
        store, request, f"{resource_type}/{id}", done.version, status=done.status, said=done.said, headers={}
    )


def _check_ids(resource: dict[str, Any], id: str) -> None:
    given = resource.get("id")
    if given is None:
        raise Invalid(
            "HAPI-0419: Can not update resource, resource body must contain an ID element for update (PUT) operation",
            issue="processing",
        )
    if given != id:
        raise Invalid(
            "HAPI-0420: Can not update resource, resource body must contain an ID element which matches the request "
            f'URL for update (PUT) operation - Resource body ID of "{given}" does not match URL ID of "{id}"',
            issue="processing",
        )


def check_client_id(store: EpisodeStore, resource_type: str, id: str) -> None:
    """Raises Invalid for an id that a client may not choose."""
    if not ID_PATTERN.fullmatch(id):
        raise Invalid(
            f"HAPI-0521: Can not process entity with ID[{id}], this is not a valid FHIR ID", issue="processing"
        )
    if id.isdigit() and store.current(resource_type, id) is None:
        raise Invalid(
            f"HAPI-0960: Can not create resource with ID[{id}], no resource with this ID exists and clients may only "
            "assign IDs which contain at least one non-numeric character",
            issue="processing",
        )


def check_match(header: str | None, reference: str, last: Version | None) -> None:
    """Raises Conflict if If-Match names another version than the last; ignored for a resource that is not there."""
    if not header or last is None or last.blob is None:
        return
    match = _ETAG.fullmatch(header.strip())
    wanted = match["version"] if match else header
    if wanted != str(last.number):
        raise Conflict(
            f"HAPI-0550: HAPI-0989: Trying to update {reference}/_history/{wanted} but this is not the current version",
            issue="processing",
        )


def apply_update(store: EpisodeStore, write: Write) -> Updated:
    last = store.current(write.resource_type, write.id)
    if last is not None and last.blob == write.blob:
        text = f'Successfully updated resource "{write.reference}/_history/{last.number}" with no changes detected.'
        display = "Update succeeded: No changes were detected so no action was taken."
        return Updated(last, 200, outcome("SUCCESSFUL_UPDATE_NO_CHANGE", display, text))
    version = store.put(write)
    versioned = f"{write.reference}/_history/{version.number}"
    if last is None or last.blob is None:
        text = f'Successfully created resource "{versioned}" using update as create.'
        return Updated(version, 201, outcome("SUCCESSFUL_UPDATE_AS_CREATE", "Update as create succeeded.", text))
    text = f'Successfully updated resource "{versioned}".'
    return Updated(version, 200, outcome("SUCCESSFUL_UPDATE", "Update succeeded.", text))
