"""What an upstream answer becomes for the agent: links that start with the episode's base, and what it carried."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from fhir_r4 import Request, Returned
from fhir_server.remote.paths import parameters

_KEPT = ("allow", "content-type", "etag", "last-modified", "location", "content-location")
_CARRIED = frozenset({"match", "include"})
_NOT_CARRIED = frozenset({"Bundle", "CapabilityStatement", "OperationOutcome", "Parameters"})


def rewritten_body(body: bytes, bases: Iterable[str], base: str, *, is_error: bool) -> bytes:
    """Every JSON string that starts with one of the upstream's bases starts with `base`; other bytes stay as they are.
    An error's text is cleaned of the upstream's base wherever it stands."""
    names = b"|".join(re.escape(b.encode()).replace(b"/", rb"\\?/") for b in bases)
    before = b"" if is_error else b'(?<=")'
    return re.sub(before + b"(?:" + names + rb')(?=[/?"\\\s,;.]|$)', lambda _: base.encode(), body)


def rewritten_headers(headers: Mapping[str, str], bases: Iterable[str], base: str) -> dict[str, str]:
    """Only the headers that FHIR gives a meaning; the others are hop-by-hop or tell who is upstream."""
    kept = {name: headers[name] for name in _KEPT if name in headers}
    for name in ("location", "content-location"):
        for upstream in bases:
            if kept.get(name, "").startswith(upstream + "/"):
                kept[name] = base + kept[name][len(upstream) :]
    return kept


def parsed(body: bytes) -> Any:
    """The JSON, or None for an answer without or with another body."""
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return None


def asks_for_part(request: Request) -> bool:
    return any(
        name == "_elements" or (name == "_summary" and value != "false") for name, value in parameters(request.query)
    )


def returned_by(status: int, node: Any, *, part: bool) -> tuple[Returned, ...]:
    """What a 2xx answer carried. part: the request asked for parts of resources only."""
    if not 200 <= status < 300 or not isinstance(node, dict):
        return ()
    return tuple(
        Returned(
            f"{r['resourceType']}/{r['id']}",
            str(r.get("meta", {}).get("versionId", "")),
            not part and not _is_subset(r),
        )
        for r in _carried(node)
        if r.get("id") and r.get("resourceType") not in _NOT_CARRIED
    )


def _carried(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node.get("resourceType") == "Parameters":
        yield from _in_parameters(node.get("parameter", []))
        return
    if node.get("resourceType") != "Bundle" or "type" not in node:
        yield node
        return
    for entry in node.get("entry", []):
        resource, answer = entry.get("resource"), entry.get("response")
        if resource is None:
            continue
        if answer is not None and not str(answer.get("status", "")).startswith("2"):
            continue
        if resource.get("resourceType") == "Bundle":
            yield from _carried(resource)
        elif entry.get("search", {}).get("mode", "match") in _CARRIED:
            yield resource


def _in_parameters(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        if "resource" in row:
            yield row["resource"]
        yield from _in_parameters(row.get("part", []))


def _is_subset(resource: dict[str, Any]) -> bool:
    return any(tag.get("code") == "SUBSETTED" for tag in resource.get("meta", {}).get("tag", []))


def page_ids(node: Any) -> frozenset[str]:
    """The paging ids in the links of a Bundle, and of those in it."""
    if not isinstance(node, dict) or node.get("resourceType") != "Bundle":
        return frozenset()
    urls = [row.get("url", "") for row in node.get("link", [])]
    found = frozenset(id_ for url in urls for id_ in parse_qs(urlsplit(url).query).get("_getpages", []))
    return found.union(*(page_ids(entry.get("resource")) for entry in node.get("entry", [])))
