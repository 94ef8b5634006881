"""PUT [base]/Type/id and PUT [base]/Type?query. https://hl7.org/fhir/R4/http.html#update"""

import re
from typing import Any

from fhir_r4 import ID_PATTERN, Conflict, Invalid, Request, Response
from fhir_server.body import read_body
from fhir_server.conditional import one_match
from fhir_server.integrity import check_references
from fhir_server.interactions.create import create_matching
from fhir_server.interactions.writing import (
    Written,
    check_storable,
    kept_labels,
    labelled,
    prepared,
    tidy_references,
    write_answer,
)
from fhir_server.store import EpisodeStore, Version, Write

_ETAG = re.compile(r'(W/)?"?(?P<version>[^"]*)"?')


def update(store: EpisodeStore, request: Request, resource_type: str, id: str, version: str | None = None) -> Response:
    """A PUT that changes nothing keeps the version; one to a new id creates. 409 for a stale If-Match, or a stale
    version in the URL."""
    resource = read_body(request, resource_type, "UPDATE", store.rules)
    if resource_type == "Binary" and "id" not in resource:
        resource["id"] = id
    _check_ids(resource, id)
    check_storable(resource)
    check_client_id(store, resource_type, id)
    wanted = version_of(request.headers.get("if-match")) or version
    last = store.current(resource_type, id)
    check_version(wanted, f"{resource_type}/{id}", last)
    tidy_references(store, resource, request.body)
    return write_answer(store, request, updated(store, resource, id))


def update_matching(store: EpisodeStore, request: Request, resource_type: str) -> Response:
    """A conditional update: of the one match, or a create if there is none. 412 for several. As on HAPI, If-Match does
    not count."""
    resource = read_body(request, resource_type, "UPDATE", store.rules)
    if not request.query:
        raise Invalid(
            "HAPI-0418: Can not update resource, request URL must contain an ID element for update (PUT) operation "
            "(it must be of the form [base]/[resource type]/[id])",
            issue="processing",
        )
    check_storable(resource)
    id = one_match(store, resource_type, request.query, "HAPI-0988", "UPDATE")
    tidy_references(store, resource, request.body)
    url = f"{resource_type}?{request.query}"
    if id is not None:
        return write_answer(store, request, conditionally(updated(store, resource, id), url))
    new = create_matching(store, resource, request.query, url)
    done = Written(new.reference, new.version, "SUCCESSFUL_UPDATE_NO_CONDITIONAL_MATCH", "")
    return write_answer(store, request, conditionally(done, url))


def conditionally(done: Written, url: str) -> Written:
    """What a conditional update says, from what the update did."""
    resource = f'Successfully conditionally updated resource "{done.versioned}"'
    if done.code == "SUCCESSFUL_UPDATE_NO_CONDITIONAL_MATCH":
        text = resource + '. Created resource because no existing resource matched URL "{1}".'  # as HAPI says it
        return Written(done.reference, done.version, done.code, text)
    if done.changed:
        text = f'{resource}. Existing resource matched URL "{url}".'
        return Written(done.reference, done.version, "SUCCESSFUL_UPDATE_WITH_CONDITIONAL_MATCH", text)
    text = f'{resource} with no changes detected. Existing resource matched URL "{url}".'
    code = "SUCCESSFUL_UPDATE_WITH_CONDITIONAL_MATCH_NO_CHANGE"
    return Written(done.reference, done.version, code, text, changed=False)


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


def version_of(etag: str | None) -> str | None:
    """The version in an If-Match, also one without quotes."""
    match = _ETAG.fullmatch(etag.strip()) if etag else None
    return match["version"] if match else etag or None


def check_version(wanted: str | None, reference: str, last: Version | None) -> None:
    """Raises Conflict if another version than the last is wanted; ignored for a resource that never was."""
    if wanted and last is not None and wanted != str(last.number):
        raise Conflict(
            f"HAPI-0550: HAPI-0989: Trying to update {reference}/_history/{wanted} but this is not the current version",
            issue="processing",
        )


def updated(store: EpisodeStore, resource: dict[str, Any], id: str) -> Written:
    """Store a resource under an id, new or not. Raises a Problem before anything is stored."""
    last = store.current(resource["resourceType"], id)
    write = prepared(kept_labels(resource, labelled(store, resource["resourceType"], id, last)), id)
    check_references(store, write, ())
    return stored(store, write)


def stored(store: EpisodeStore, write: Write, *, alone: bool = True) -> Written:
    """Store a write whose references are checked, unless it changes nothing."""
    last = store.current(write.resource_type, write.id)
    if last is not None and last.blob == write.blob:
        store.release(write.reference)
        text = f'Successfully updated resource "{write.reference}/_history/{last.number}" with no changes detected.'
        return Written(write.reference, last, "SUCCESSFUL_UPDATE_NO_CHANGE", text, changed=False)
    version = store.put(write, alone=alone)
    versioned = f"{write.reference}/_history/{version.number}"
    if last is None or last.is_gone:
        text = (
            f'Successfully created resource "{versioned}" using update as create (ie. create with client assigned ID).'
        )
        return Written(write.reference, version, "SUCCESSFUL_UPDATE_AS_CREATE", text)
    return Written(write.reference, version, "SUCCESSFUL_UPDATE", f'Successfully updated resource "{versioned}".')
