"""Builds responses: one resource, a bundle of search results, an outcome. Stored JSON stays bytes, never parsed."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from fhir_r4 import Part, Problem, Response, Returned
from fhir_server.splice import spliced
from fhir_server.store import EpisodeStore, Version
from fhir_server.subset import TAG, Cut, cut_of

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
    cut: Cut | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One resource, or the part of it that `cut` leaves."""
    body = store.json_of(version)
    if cut is not None:
        body = cut(body)
    returned = Returned(reference, str(version.number), cut is None)
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


def entries_of(
    store: EpisodeStore, resource_type: str, ids: Iterable[str], mode: str, part: Part, searched: str
) -> tuple[list[bytes], list[Returned]]:
    """The entries of a searchset for the resources of one type that are still there, as JSON.

    searched: the type that names without a type concern, `*` for any. Asked for a part, none counts as whole.
    """
    whole = part.whole
    cut = None if whole else cut_of(part, resource_type, searched)
    entries: list[bytes] = []
    returned: list[Returned] = []
    head, tail = f'{{"fullUrl":"{store.base}/{resource_type}/'.encode(), _TAILS[mode]
    prefix, (base, hidden) = f"{resource_type}/", store.base_of(resource_type)
    numbers, blobs, offsets, stamp = base.number_of, base.blobs, base.offsets, store.world.stamp
    for id in ids:
        n = numbers.get(id)
        if n is not None and n not in hidden:  # nothing was written to it: most, and told apart because it is fast
            version, blob, at, members = "1", blobs[n], offsets[n], stamp
        else:
            found = store.current(resource_type, id)
            if found is None or found.blob is None:
                continue
            version, blob, at, members = str(found.number), found.blob, found.offset, store.members_of(found)
        if cut is not None:
            body: tuple[bytes, ...] = (cut(spliced(blob, at, members)),)
        else:
            body = (blob[:at], members, b",", blob[at:]) if at else (spliced(blob, at, members),)
        entries.append(b"".join((head, id.encode(), b'","resource":', *body, tail)))
        returned.append(Returned(prefix + id, version, whole))
    return entries, returned


class Page(NamedTuple):
    """One page of a searchset or history. id: of the search. links: (relation, URL). tagged: as SUBSETTED."""

    id: str
    entries: list[bytes]
    returned: tuple[Returned, ...]
    links: list[tuple[str, str]]
    total: int | None
    type: str = "searchset"
    tagged: bool = False


def page_answer(store: EpisodeStore, page: Page, headers: Mapping[str, str] | None = None) -> Response:
    """The entries are JSON already and are only put in their place."""
    meta: dict[str, Any] = {"lastUpdated": store.world.now}
    if page.tagged:
        meta["tag"] = [TAG]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "id": page.id, "meta": meta, "type": page.type}
    if page.total is not None:
        bundle["total"] = page.total
    if page.links:
        bundle["link"] = [{"relation": relation, "url": url} for relation, url in page.links]
    body = orjson.dumps(bundle)
    if page.entries:
        body = b'%b,"entry":[%b]}' % (body[:-1], b",".join(page.entries))
    all_headers = {"content-type": CONTENT_TYPE, "last-modified": store.world.http_now, **(headers or {})}
    return Response(200, all_headers, body, page.returned)


def count_answer(store: EpisodeStore, search_id: str, total: int, type: str = "searchset") -> Response:
    """A Bundle that only counts."""
    return page_answer(store, Page(search_id, [], (), [], total, type, tagged=True))
