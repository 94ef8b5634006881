"""POST [base] with a transaction Bundle of PUT and POST entries. https://hl7.org/fhir/R4/http.html#transaction

Everything is checked before anything is stored, so a refused transaction leaves no trace. Batches, other methods,
conditions and placeholder references are refused.
"""

from dataclasses import dataclass
from typing import Any

from fhir_r4 import Invalid, Problem, Request, Response, Unsupported, is_resource_type, references_in
from fhir_server.answer import json_answer
from fhir_server.body import read_resource, require_json
from fhir_server.integrity import check_references
from fhir_server.interactions.create import created_outcome
from fhir_server.interactions.update import Updated, apply_update, check_client_id
from fhir_server.interactions.writing import check_storable, kept_labels, prepared
from fhir_server.paging import search_id
from fhir_server.store import EpisodeStore

_CONDITIONS = ("ifMatch", "ifModifiedSince", "ifNoneExist", "ifNoneMatch")
_STATUS = {200: "200 OK", 201: "201 Created"}


@dataclass(frozen=True, slots=True)
class Entry:
    """id: None for a POST."""

    resource: dict[str, Any]
    id: str | None

    @property
    def reference(self) -> str:
        return f"{self.resource['resourceType']}/{self.id}"


def transaction(store: EpisodeStore, request: Request) -> Response:
    require_json(request, "TRANSACTION")
    bundle = read_resource(request.body, "Bundle")
    kind = bundle.get("type", "transaction")
    if kind == "batch":
        raise Unsupported("batch bundles are not offered; send a transaction, or the requests one by one")
    if kind != "transaction":
        raise Invalid(
            f"HAPI-0527: Unable to process transaction where incoming Bundle.type = {kind}", issue="processing"
        )
    entries = [_entry(number, entry) for number, entry in enumerate(bundle.get("entry", ()))]
    _check(store, entries)
    done = [_apply(store, entry) for entry in entries]
    return json_answer(_response(store, done))


def _entry(number: int, entry: dict[str, Any]) -> Entry:
    request, resource = entry.get("request", {}), entry.get("resource")
    method, url = request.get("method"), request.get("url", "").lstrip("/")
    if method is None:
        raise Invalid(
            "Transaction bundle entry has missing or invalid HTTP Verb specified in "
            f'Bundle.entry({number}).request.method. Found value: "null"',
            issue="processing",
        )
    refused = [name for name in _CONDITIONS if name in request]
    if method not in ("PUT", "POST") or refused or "?" in url:
        what = refused[0] if refused else f"{method} {url}"
        raise Unsupported(
            f"Bundle.entry[{number}]: {what} is not offered in a transaction; use PUT Type/id and POST Type"
        )
    if resource is None:
        raise Invalid(
            f"HAPI-0543: Missing required resource in Bundle.entry[{number}].resource for operation {method}",
            issue="processing",
        )
    if method == "PUT":
        return Entry(resource, _put_id(number, url, resource))
    _check_post_url(url)
    return Entry(resource, None)


def _put_id(number: int, url: str, resource: dict[str, Any]) -> str:
    name, _, id = url.partition("/")
    if not id:
        raise Invalid(
            f"HAPI-0518: Bundle.entry[{number}]: a PUT needs the url Type/id, not {url!r}", issue="processing"
        )
    if name != resource["resourceType"]:
        raise Invalid(
            f"Bundle.entry[{number}]: the url {url} does not fit the resource type {resource['resourceType']}",
            issue="processing",
        )
    return id


def _check_post_url(url: str) -> None:
    if url and not is_resource_type(url.partition("/")[0]):
        raise Invalid(f"HAPI-2006: Unable to perform POST, URL provided is invalid: {url}", issue="processing")


def _check(store: EpisodeStore, entries: list[Entry]) -> None:
    """Everything that may be refused, before the first write."""
    pending: set[str] = set()
    for entry in entries:
        if entry.id is not None:
            if entry.reference in pending:
                raise Invalid(
                    f"HAPI-0535: Transaction bundle contains multiple resources with ID: {entry.reference}",
                    issue="processing",
                )
            pending.add(entry.reference)
            check_client_id(store, entry.resource["resourceType"], entry.id)
        check_storable(entry.resource)
    for entry in entries:
        placeholder = next((text for text in references_in(entry.resource) if text.startswith("urn:")), None)
        if placeholder:
            raise Unsupported(
                f"the placeholder reference {placeholder} is not offered; give ids by PUT and write Type/id"
            )
        _check_entry_references(store, entry, pending)


def _check_entry_references(store: EpisodeStore, entry: Entry, pending: set[str]) -> None:
    try:
        check_references(store, entry.resource, pending)
    except Problem as problem:
        where = entry.reference if entry.id is not None else entry.resource["resourceType"]
        raise type(problem)(f"{problem.message} (in {where})", issue=problem.issue_code) from None


def _apply(store: EpisodeStore, entry: Entry) -> tuple[str, Updated]:
    if entry.id is None:
        write = prepared(entry.resource, store.next_id())
        return write.reference, Updated(store.put(write), 201, created_outcome(write.reference))
    last = store.current(entry.resource["resourceType"], entry.id)
    return entry.reference, apply_update(store, prepared(kept_labels(entry.resource, last), entry.id))


def _response(store: EpisodeStore, done: list[tuple[str, Updated]]) -> dict[str, Any]:
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "id": search_id(store),
        "type": "transaction-response",
        "link": [{"relation": "self", "url": store.base}],
    }
    if done:
        bundle["entry"] = [_entry_response(store, reference, updated) for reference, updated in done]
    return bundle


def _entry_response(store: EpisodeStore, reference: str, updated: Updated) -> dict[str, Any]:
    number = updated.version.number
    return {
        "response": {
            "status": _STATUS[updated.status],
            "location": f"{reference}/_history/{number}",
            "etag": str(number),
            "lastModified": store.world.now,
            "outcome": updated.said,
        }
    }
