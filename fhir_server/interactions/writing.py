"""What all writes share: making a write, storing it, and answering as `Prefer` asks."""

from typing import Any, NamedTuple

from fhir_r4 import Request, Response, Unprocessable, parse_exact
from fhir_server.answer import json_answer, outcome, resource_answer, resource_headers, version_url
from fhir_server.body import without_version
from fhir_server.conditional import resolve_match_references, strip_versions
from fhir_server.exact import dump
from fhir_server.store import EpisodeStore, Version, Write

_STORED_BUNDLES = ("collection", "document", "message")

DISPLAYS = {
    "SUCCESSFUL_CREATE": "Create succeeded.",
    "SUCCESSFUL_CREATE_NO_CONDITIONAL_MATCH": (
        "Conditional create succeeded: no existing resource matched the conditional URL."
    ),
    "SUCCESSFUL_CREATE_WITH_CONDITIONAL_MATCH": (
        "Conditional create succeeded: an existing resource matched the conditional URL so no action was taken."
    ),
    "SUCCESSFUL_UPDATE": "Update succeeded.",
    "SUCCESSFUL_UPDATE_AS_CREATE": "Update as create succeeded.",
    "SUCCESSFUL_UPDATE_NO_CHANGE": "Update succeeded: No changes were detected so no action was taken.",
    "SUCCESSFUL_UPDATE_NO_CONDITIONAL_MATCH": (
        "Conditional update succeeded: no existing resource matched the conditional URL so a new resource was created."
    ),
    "SUCCESSFUL_UPDATE_WITH_CONDITIONAL_MATCH": (
        "Conditional update succeeded: an existing resource matched the conditional URL and was updated."
    ),
    "SUCCESSFUL_UPDATE_WITH_CONDITIONAL_MATCH_NO_CHANGE": (
        "Conditional update succeeded: an existing resource matched the conditional URL and was updated, but no "
        "changes were detected so no action was taken."
    ),
    "SUCCESSFUL_DELETE": "Delete succeeded.",
    "SUCCESSFUL_DELETE_ALREADY_DELETED": "Delete succeeded: Resource was already deleted so no action was taken.",
    "SUCCESSFUL_DELETE_NOT_FOUND": "Delete succeeded: No existing resource was found so no action was taken.",
    "SUCCESSFUL_PATCH": "Patch succeeded.",
    "SUCCESSFUL_PATCH_NO_CHANGE": "Patch succeeded: No changes were detected so no action was taken.",
    "SUCCESSFUL_CONDITIONAL_PATCH": "Conditional patch succeeded.",
    "SUCCESSFUL_CONDITIONAL_PATCH_NO_CHANGE": (
        "Conditional patch succeeded: No changes were detected so no action was taken."
    ),
}
"""Storage response code -> its display on HAPI."""

TOOK = " Took 0ms."
"""What HAPI adds to what it says; the episode's clock stands still."""


class Written(NamedTuple):
    """What a write did. code: a key of DISPLAYS. text: the diagnostics. changed: a version was stored."""

    reference: str
    version: Version
    code: str
    text: str
    changed: bool = True

    @property
    def created(self) -> bool:
        return self.changed and self.code in _CREATED

    @property
    def versioned(self) -> str:
        return f"{self.reference}/_history/{self.version.number}"

    def outcome(self, *, took: bool = True) -> dict[str, Any]:
        took = took and self.code != "SUCCESSFUL_CREATE_WITH_CONDITIONAL_MATCH"
        return said(self.code, self.text + (TOOK if took else ""))


_CREATED = frozenset(
    {
        "SUCCESSFUL_CREATE",
        "SUCCESSFUL_CREATE_NO_CONDITIONAL_MATCH",
        "SUCCESSFUL_UPDATE_AS_CREATE",
        "SUCCESSFUL_UPDATE_NO_CONDITIONAL_MATCH",
    }
)


def said(code: str, text: str) -> dict[str, Any]:
    return outcome(code, DISPLAYS[code], text)


def check_storable(resource: dict[str, Any]) -> None:
    """Raises Unprocessable for a Bundle of a kind that is not stored."""
    if resource["resourceType"] == "Bundle" and resource.get("type") not in _STORED_BUNDLES:
        raise Unprocessable(
            "HAPI-0522: Unable to store a Bundle resource on this server with a Bundle.type value of: "
            f"{resource.get('type', '(missing)')}. Note that if you are trying to perform a FHIR transaction or batch "
            "operation you should POST the Bundle resource to the Base URL of the server, not to the /Bundle endpoint."
        )


def prepared(resource: dict[str, Any], id: str) -> Write:
    """A write of this resource under this id."""
    resource = without_version(resource)
    resource["id"] = id
    name = resource["resourceType"]
    return Write(name, id, dump(resource), resource)


def tidy_references(
    store: EpisodeStore, resource: dict[str, Any], body: bytes | None, known: dict[str, str] | None = None
) -> None:
    """Resolve conditional references and drop the versions of others. body: the JSON that the resource came in, if it
    shows whether there is anything to do."""
    if body is None or b"?" in body:
        resolve_match_references(store, resource, known or {})
    if body is None or b"_history" in body:
        strip_versions(resource)


def labelled(store: EpisodeStore, resource_type: str, id: str, last: Version | None) -> Version | None:
    """The version whose labels the next one keeps: the last, or of a deleted resource the one before."""
    if last is None or not last.is_gone:
        return last
    written = (version for version in store.versions(resource_type, id) if not version.is_gone)
    return next(written, None)


def kept_labels(resource: dict[str, Any], last: Version | None) -> dict[str, Any]:
    """The resource with the tags and security labels of the version before it, which HAPI keeps through an update."""
    if last is None or last.is_gone or not last.offset:
        return resource
    old, new = parse_exact(last.blob)["meta"], resource.get("meta", {})
    merged = dict(new)
    for key in ("security", "tag"):
        labels = list(old.get(key, ()))
        labels += [label for label in new.get(key, ()) if not any(_same(label, other) for other in labels)]
        if labels:
            merged[key] = labels
    return resource | {"meta": merged} if merged else resource


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (one.get("system"), one.get("code")) == (other.get("system"), other.get("code"))


def write_answer(
    store: EpisodeStore, request: Request, written: Written, *, located: bool = False, tagged: bool = True
) -> Response:
    """The resource, nothing, or the outcome, as the Prefer header asks.

    located: with a Location. tagged: with an ETag.
    """
    status = 201 if written.created else 200
    headers = {"location": version_url(store, written.reference, written.version)} if located else {}
    prefer = request.headers.get("prefer", "")
    if not prefer or "return=" not in prefer:
        answer = resource_answer(store, written.reference, written.version, status=status, headers=headers)
    elif "return=minimal" in prefer:
        plain = {**resource_headers(store, written.reference, written.version), **headers}
        del plain["content-type"]
        answer = Response(status, plain, b"")
    elif "return=OperationOutcome" in prefer:
        plain = {**resource_headers(store, written.reference, written.version), **headers}
        answer = json_answer(written.outcome(), status, plain)
    else:
        answer = resource_answer(store, written.reference, written.version, status=status, headers=headers)
    if tagged:
        return answer
    return Response(
        answer.status, {k: v for k, v in answer.headers.items() if k != "etag"}, answer.body, answer.returned
    )
