"""Builds responses: one resource, a bundle of search results, an outcome. Stored JSON stays bytes, never parsed."""

from collections.abc import Mapping
from typing import Any

import orjson

from fhir_r4 import Problem, Response, Returned
from fhir_server.store import EpisodeStore, Version
from fhir_server.subset import TAG, subset

CONTENT_TYPE = "application/fhir+json;charset=utf-8"
_JSON = {"content-type": CONTENT_TYPE}
_RESPONSE_CODES = "https://hapifhir.io/fhir/CodeSystem/hapi-fhir-storage-response-code"


def version_url(store: EpisodeStore, reference: str, version: Version) -> str:
    return f"{store.base}/{reference}/_history/{version.number}"


def resource_headers(store: EpisodeStore, reference: str, version: Version) -> dict[str, str]:
    return {
        "content-type": CONTENT_TYPE,
        "etag": f'W/"{version.number}"',
        "content-location": version_url(store, reference, version),
        "last-modified": store.world.http_now,
    }


def resource_answer(
    store: EpisodeStore,
    reference: str,
    version: Version,
    *,
    status: int = 200,
    paths: frozenset[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One resource, or the part of it under `paths`."""
    body = store.json_of(version)
    if paths is not None:
        body = subset(body, paths)
    returned = Returned(reference, str(version.number), paths is None)
    return Response(status, {**resource_headers(store, reference, version), **(headers or {})}, body, (returned,))


def outcome(code: str, display: str, diagnostics: str) -> dict[str, Any]:
    """The OperationOutcome of a write that succeeded, in HAPI's form."""
    coding = {"system": _RESPONSE_CODES, "code": code, "display": display}
    issue = {
        "severity": "information",
        "code": "informational",
        "details": {"coding": [coding]},
        "diagnostics": diagnostics,
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def json_answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, {**_JSON, **(headers or {})}, orjson.dumps(body))


def problem_answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    return Response(problem.status, {**_JSON, **(headers or {})}, problem.outcome_bytes())


_TAILS = {mode: b',"search":{"mode":"%b"}}' % mode.encode() for mode in ("match", "include")}


def entry_of(
    store: EpisodeStore, reference: str, version: Version, mode: str, paths: frozenset[str] | None
) -> tuple[bytes, Returned]:
    """One entry of a searchset, as JSON."""
    body = store.json_of(version)
    if paths is not None:
        body = subset(body, paths)
    head = f'{{"fullUrl":"{store.base}/{reference}","resource":'.encode()
    return head + body + _TAILS[mode], Returned(reference, str(version.number), paths is None)


def searchset(
    store: EpisodeStore,
    search_id: str,
    entries: list[bytes],
    returned: tuple[Returned, ...],
    links: list[tuple[str, str]],
    total: int | None,
) -> Response:
    """A page of results; the entries are JSON already and are only put in their place."""
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "id": search_id,
        "meta": {"lastUpdated": store.world.now},
        "type": "searchset",
    }
    if total is not None:
        bundle["total"] = total
    bundle["link"] = [{"relation": relation, "url": url} for relation, url in links]
    body = orjson.dumps(bundle)
    if entries:
        body = b'%b,"entry":[%b]}' % (body[:-1], b",".join(entries))
    return Response(200, {"content-type": CONTENT_TYPE, "last-modified": store.world.http_now}, body, returned)


def count_answer(store: EpisodeStore, search_id: str, total: int) -> Response:
    """A searchset that only counts."""
    return json_answer(
        {
            "resourceType": "Bundle",
            "id": search_id,
            "meta": {"lastUpdated": store.world.now, "tag": [TAG]},
            "type": "searchset",
            "total": total,
        },
        headers={"last-modified": store.world.http_now},
    )
