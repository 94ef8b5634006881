"""Which resources a request may write, and which an answer says were written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from fhir_r4 import Request, parse_reference
from fhir_server.remote.paths import changing_operation, is_search_by_post

_BUNDLES = frozenset({"transaction-response", "batch-response"})


@dataclass(frozen=True, slots=True)
class Target:
    """One resource (`Type/id`), or those that a conditional write's search finds (`Type`, query)."""

    reference: str | None
    kind: str
    query: str = ""


def is_write(request: Request) -> bool:
    if request.method in ("PUT", "PATCH", "DELETE"):
        return True
    if request.method != "POST" or is_search_by_post(request):
        return False
    return "$" not in request.path or changing_operation(request.path)


def targets(request: Request) -> Iterator[Target]:
    """What may be changed or deleted; created resources are known only from the answer."""
    if request.method in ("PUT", "PATCH", "DELETE"):
        yield from _target(request.path + (f"?{request.query}" if request.query else ""))
    elif request.method == "POST" and changing_operation(request.path):
        yield from _target(request.path.partition("$")[0])
    elif request.method == "POST" and not request.path.rstrip("/"):
        for entry in _entries(request.body):
            asked = entry.get("request")
            if isinstance(asked, dict):
                yield from _target_of_entry(str(asked.get("method")), str(asked.get("url", "")), entry.get("resource"))


def _entries(body: bytes | None) -> list[dict[str, Any]]:
    try:
        entries = orjson.loads(body or b"").get("entry", [])
    except (orjson.JSONDecodeError, AttributeError):
        return []
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _target_of_entry(method: str, url: str, resource: Any) -> Iterator[Target]:
    if method in ("PUT", "PATCH", "DELETE"):
        yield from _target(url, resource)
    elif method == "POST" and changing_operation(url):
        yield from _target(url.partition("$")[0])


def _target(url: str, resource: Any = None) -> Iterator[Target]:
    path, _, query = url.strip("/").partition("?")
    reference = parse_reference("/".join(path.strip("/").split("/")[-2:])) or parse_reference(path.strip("/"))
    if isinstance(resource, dict) and not reference and not query:
        reference = parse_reference(f"{resource.get('resourceType')}/{resource.get('id')}")
    if reference:
        yield Target(str(reference), reference.type)
    elif path:
        yield Target(None, path.strip("/"), query)


def created(status: int, headers: Mapping[str, str], node: Any) -> Iterator[str]:
    """The resources that an answer says were created."""
    if status == 201:
        location = headers.get("location") or headers.get("content-location") or ""
        if reference := _reference_in(location):
            yield reference
    elif 200 <= status < 300 and _is_write_answer(node):
        for entry in node.get("entry", []):
            answer = entry.get("response", {})
            if str(answer.get("status", "")).startswith("201") and (found := _reference_in(answer.get("location", ""))):
                yield found


def _is_write_answer(node: Any) -> bool:
    return isinstance(node, dict) and node.get("resourceType") == "Bundle" and node.get("type") in _BUNDLES


def _reference_in(location: str) -> str | None:
    """`[base/]Type/id[/_history/n]` -> `Type/id`."""
    parts = location.split("/_history/")[0].rsplit("/", 2)
    reference = parse_reference("/".join(parts[-2:]))
    return str(reference) if reference else None
