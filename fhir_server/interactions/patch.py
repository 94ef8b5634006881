"""PATCH [base]/Type/id and PATCH [base]/Type?query: JSON Patch and FHIRPath Patch.

https://hl7.org/fhir/R4/http.html#patch
"""

import json
from collections.abc import Callable
from typing import Any

from fhir_r4 import Conflict, Gone, Invalid, NotFound, Request, Response, Unsupported, parse_exact
from fhir_server.answer import problem_answer, version_url
from fhir_server.body import content_kind, read_json, read_resource
from fhir_server.conditional import one_match
from fhir_server.fhirpath_patch import apply_fhirpath_patch
from fhir_server.integrity import check_references
from fhir_server.interactions.update import stored, version_of
from fhir_server.interactions.writing import Written, kept_labels, prepared, tidy_references, write_answer
from fhir_server.jackson import complaint
from fhir_server.json_patch import apply_json_patch
from fhir_server.lenient import UnreadableError, read_members
from fhir_server.store import EpisodeStore, Version
from fhir_server.strict import check_strict

Patch = Callable[[dict[str, Any]], dict[str, Any]]
"""What a patch makes of a resource. Raises Invalid."""

_REDACTED = "Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "
JSON_PATCH = "application/json-patch+json"


def patch(store: EpisodeStore, request: Request, resource_type: str, id: str, version: str | None = None) -> Response:
    """409 for a stale If-Match, 410 for a deleted resource, 400 for a patch that does not fit."""
    change = patch_of(request.headers.get("content-type", ""), request.body)
    wanted = version_of(request.headers.get("if-match")) or version
    last = store.current(resource_type, id)
    if last is not None and last.is_gone and (not wanted or wanted == str(last.number)):
        gone = Gone(f"Resource was deleted at {store.world.now}", issue="processing")
        return problem_answer(gone, {"location": version_url(store, f"{resource_type}/{id}", last)})
    done = patched(store, resource_type, id, change, wanted)
    return write_answer(store, request, done, tagged=False)


def patch_matching(store: EpisodeStore, request: Request, resource_type: str) -> Response:
    """A conditional patch of the one match: 404 for none, 412 for several."""
    change = patch_of(request.headers.get("content-type", ""), request.body)
    if not request.query:
        raise Invalid("a PATCH needs Type/id, or Type? with a search that finds one resource", issue="processing")
    done = patched_match(store, resource_type, request.query, change)
    return write_answer(store, request, done, tagged=False)


def patched_match(store: EpisodeStore, resource_type: str, query: str, change: Patch) -> Written:
    url = f"{resource_type}?{query}"
    id = one_match(store, resource_type, query, "HAPI-0972", "PATCH")
    if id is None:
        raise NotFound(f'HAPI-0973: Invalid match URL "{url}" - No resources match this search', issue="processing")
    done = match_patch_said(patched(store, resource_type, id, change, None), url)
    return done._replace(text=done.text + " ") if done.changed else done


def patched(store: EpisodeStore, resource_type: str, id: str, change: Patch, wanted: str | None) -> Written:
    """Patch a resource and store what comes out. Raises a Problem before anything is stored."""
    last = store.current(resource_type, id)
    resource = change(readable(store, resource_type, id, last, wanted))
    tidy_references(store, resource, None)
    write = prepared(kept_labels(resource, last), id)
    check_references(store, write, ())
    return patch_said(stored(store, write))


def readable(
    store: EpisodeStore, resource_type: str, id: str, last: Version | None, wanted: str | None
) -> dict[str, Any]:
    """The resource to patch. Raises NotFound, Gone, or Conflict if it is not at the wanted version."""
    if last is None:
        raise NotFound(f"HAPI-2001: Resource {resource_type}/{id} is not known", issue="processing")
    if wanted and wanted != str(last.number):
        raise Conflict(
            f"HAPI-0550: HAPI-0974: Version {wanted} is not the most recent version of this resource, unable to apply "
            "patch",
            issue="processing",
        )
    if last.is_gone:
        raise Gone(f"Resource was deleted at {store.world.now}", issue="processing")
    resource: dict[str, Any] = parse_exact(last.json)
    return resource


def patch_said(done: Written) -> Written:
    note = "" if done.changed else " with no changes detected"
    code = "SUCCESSFUL_PATCH" if done.changed else "SUCCESSFUL_PATCH_NO_CHANGE"
    text = f'Successfully patched resource "{done.versioned}"{note}.'
    return Written(done.reference, done.version, code, text, done.changed)


def match_patch_said(done: Written, url: str) -> Written:
    note = "" if done.changed else " with no changes detected"
    code = "SUCCESSFUL_CONDITIONAL_PATCH" if done.changed else "SUCCESSFUL_CONDITIONAL_PATCH_NO_CHANGE"
    text = f"Successfully conditionally patched resource{note}. Existing resource {done.versioned} matched URL: {url}."
    return Written(done.reference, done.version, code, text, done.changed)


def patch_of(content_type: str, body: bytes | None) -> Patch:
    """What a body asks for. Raises Invalid for another content type."""
    kind = content_kind(content_type)
    if kind == JSON_PATCH:
        return json_patch_of(body or b"")
    if kind == "application/fhir+json":
        parameters = read_resource(body, "Parameters")
        return fhirpath_patch_of(parameters)
    if not kind:
        raise Invalid("HAPI-1964: Missing or invalid content type for PATCH operation", issue="processing")
    if "xml" in kind and "+xml" in kind:
        raise Unsupported(f"{kind} is not offered; send {JSON_PATCH}, or application/fhir+json with Parameters")
    raise Invalid(f"HAPI-1965: Invalid Content-Type for PATCH operation: {content_type}", issue="processing")


def json_patch_of(body: bytes) -> Patch:
    try:
        operations = read_json(body)
    except json.JSONDecodeError as error:
        said = (complaint(body.decode(errors="replace")) or error.msg).replace("[line:", f"[{_REDACTED}line:")
        raise Invalid(f"HAPI-1272: {said}", issue="processing") from None
    return lambda resource: _checked(apply_json_patch(resource, operations), resource)


def _checked(result: Any, resource: dict[str, Any]) -> dict[str, Any]:
    """The result of a JSON Patch, read as HAPI reads it: strictly."""
    name, prefix = resource["resourceType"], "HAPI-1271: Failed to apply JSON patch to "
    try:
        check_strict(result, name)
        return read_members(result)
    except UnreadableError as error:
        raise Invalid(f"{prefix}{name}/{resource['id']}: {error}", issue="processing") from None


def fhirpath_patch_of(parameters: dict[str, Any]) -> Patch:
    def _apply(resource: dict[str, Any]) -> dict[str, Any]:
        result = apply_fhirpath_patch(resource, parameters)
        try:
            return read_members(result)
        except UnreadableError as error:
            raise Invalid(str(error), issue="processing") from None

    return _apply
