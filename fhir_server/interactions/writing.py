"""What create, update and transaction share: making a write, and answering one as `Prefer` asks."""

from typing import Any

from fhir_r4 import Request, Response, Unprocessable, parse_exact
from fhir_server.answer import json_answer, resource_answer, resource_headers
from fhir_server.body import without_version
from fhir_server.exact import dump
from fhir_server.extraction import extractor
from fhir_server.store import EpisodeStore, Version, Write

_STORED_BUNDLES = ("collection", "document", "message")


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
    resource = without_version(resource) | {"id": id}
    name = resource["resourceType"]
    return Write(name, id, dump(resource), resource, extractor(name)(resource))


def kept_labels(resource: dict[str, Any], last: Version | None) -> dict[str, Any]:
    """The resource with the tags and security labels of the version before it, which HAPI keeps through an update."""
    if last is None or last.blob is None or not last.offset:
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
    store: EpisodeStore,
    request: Request,
    reference: str,
    version: Version,
    *,
    status: int,
    said: dict[str, Any],
    headers: dict[str, str],
) -> Response:
    """The resource, nothing, or the outcome `said`, as the Prefer header asks."""
    prefer = request.headers.get("prefer", "")
    if "return=minimal" in prefer:
        plain = {k: v for k, v in resource_headers(store, reference, version).items() if k != "content-type"}
        return Response(status, {**plain, **headers}, b"")
    if "return=OperationOutcome" in prefer:
        return json_answer(said, status, {**resource_headers(store, reference, version), **headers})
    return resource_answer(store, reference, version, status=status, headers=headers)
