"""Builds responses: one resource, a bundle of search results, an outcome. Stored JSON stays bytes, never parsed."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import orjson

from fhir_r4 import Part, Problem, Response, Returned
from fhir_server.found import Found
from fhir_server.splice import entry_text
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
    body = version.json
    if cut is not None:
        body = cut(body)
    every = resource_headers(store, reference, version)
    if headers:
        every.update(headers)
    return Response(status, every, body, (Returned(reference, str(version.number), cut is None),))


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


_TAG = orjson.dumps(TAG).decode()
_TAILS = {mode: b',"search":{"mode":"%b"}}' % mode.encode() for mode in ("match", "include")}
_returned = partial(tuple.__new__, Returned)
"""`Returned(*row)` without a call of Python for each."""


_Row = tuple[str, str, bool]


def entries_of(
    store: EpisodeStore, resource_type: str, ids: Sequence[str], mode: str, part: Part, searched: str
) -> tuple[list[bytes], list[Returned]]:
    """The entries of a searchset for the resources of one type that are still there, as JSON with commas between.

    searched: the type that names without a type concern, `*` for any. Asked for a part, none counts as whole.
    """
    cut = None if part.whole else cut_of(part, resource_type, searched)
    found = _untouched(store, resource_type, ids) if part.whole else None
    texts, rows = found or _current(store, resource_type, ids, cut, part.whole)
    if not texts:
        return [], []
    head, tail = f'{{"fullUrl":"{store.base}/{resource_type}/'.encode(), _TAILS[mode]
    return [b"".join((head, (tail + b"," + head).join(texts), tail))], list(map(_returned, rows))


def _untouched(store: EpisodeStore, resource_type: str, ids: Sequence[str]) -> tuple[list[bytes], list[_Row]] | None:
    """What `_current` finds, if the episode has written none of these: most searches, and told apart because it is
    fast."""
    (base, hidden), prefix = store.base_of(resource_type), f"{resource_type}/"
    if hidden or not isinstance(ids, Found):
        return None
    entries = base.entries
    return [entries[n] for n in ids.numbers], [(prefix + id, "1", True) for id in ids]


def _current(
    store: EpisodeStore, resource_type: str, ids: Sequence[str], cut: Cut | None, whole: bool
) -> tuple[list[bytes], list[_Row]]:
    """The entries as `splice.entry_text` writes them, and (reference, version, whole) of each."""
    base, hidden = store.base_of(resource_type)
    texts: list[bytes] = []
    rows: list[_Row] = []
    for id in ids:
        n = base.number_of.get(id) if cut is None else None
        if n is not None and n not in hidden:
            texts.append(base.entries[n])
            rows.append((f"{resource_type}/{id}", "1", whole))
            continue
        version = store.current(resource_type, id)
        if version is not None and not version.is_gone:
            texts.append(entry_text(id, version.json if cut is None else cut(version.json)))
            rows.append((f"{resource_type}/{id}", str(version.number), whole))
    return texts, rows


class Page(NamedTuple):
    """One page of a searchset or history. id: of the search. entries: JSON, each of one or several. links: (relation,
    URL). tagged: as SUBSETTED."""

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
        body = b"".join((body[:-1], b',"entry":[', b",".join(page.entries), b"]}"))
    all_headers = {"content-type": CONTENT_TYPE, "last-modified": store.world.http_now, **(headers or {})}
    return Response(200, all_headers, body, page.returned)


def count_answer(store: EpisodeStore, search_id: str, total: int, type: str = "searchset") -> Response:
    """A Bundle that only counts: what `page_answer` writes of it."""
    meta = f'{{"lastUpdated":"{store.world.now}","tag":[{_TAG}]}}'
    body = f'{{"resourceType":"Bundle","id":"{search_id}","meta":{meta},"type":"{type}","total":{total}}}'
    return Response(200, {**_JSON, "last-modified": store.world.http_now}, body.encode())
