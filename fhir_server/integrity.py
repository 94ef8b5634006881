"""References of a resource about to be stored: each must be literal, allowed where it is, and lead to something.

Only elements that a search parameter names are checked, as on HAPI.
"""

import re
from collections.abc import Container, Iterator
from typing import Any

from fhir_r4 import Conflict, Invalid, Unprocessable, Unsupported, is_resource_type, parse_reference
from fhir_server.expression import Step
from fhir_server.extraction import reference_paths
from fhir_server.store import EpisodeStore

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://.+", re.IGNORECASE)


def check_references(store: EpisodeStore, resource: dict[str, Any], pending: Container[str]) -> None:
    """Drop the version part of every reference. pending: references that the same transaction creates.

    Raises Invalid (missing, deleted, foreign or no literal reference), Unprocessable (a type not allowed there) or
    Unsupported (a conditional reference).
    """
    own = f"{resource['resourceType']}/{resource.get('id', '')}"
    for path, steps, targets in reference_paths(resource["resourceType"]):
        for reference in _walk(resource, steps):
            text = reference.get("reference")
            if text and text[0] != "#":
                reference["reference"] = _checked(store, text, path, targets, pending, own)


def _walk(node: Any, steps: tuple[Step, ...]) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for item in node:
            yield from _walk(item, steps)
    elif isinstance(node, dict):
        if not steps:
            yield node
        elif steps[0].name in node:
            yield from _walk(node[steps[0].name], steps[1:])


def _checked(
    store: EpisodeStore, text: str, path: str, targets: frozenset[str], pending: Container[str], own: str
) -> str:
    found = parse_reference(text)
    if found is None:
        raise _not_literal(text, path)
    if not is_resource_type(found.type) or not targets & {found.type, "Resource"}:
        raise Unprocessable(
            f"HAPI-0931: Invalid reference found at path '{path}'. "
            f"Resource type '{found.type}' is not valid for this path"
        )
    literal = str(found)
    if literal in pending or literal == own:
        return literal
    version = store.current(found.type, found.id)
    if version is None:
        raise Invalid(f"HAPI-1094: Resource {literal} not found, specified in path: {path}", issue="processing")
    if version.blob is None:
        raise Invalid(f"HAPI-1096: Resource {literal} is deleted, specified in path: {path}", issue="processing")
    return literal


def _not_literal(text: str, path: str) -> Invalid | Unsupported:
    if _ABSOLUTE.fullmatch(text):
        return Invalid(
            f'HAPI-0507: Resource contains external reference to URL "{text}" but this server is not configured to '
            "allow external references; write Type/id",
            issue="processing",
        )
    if "?" in text:
        return Unsupported(f'the conditional reference "{text}" at {path} is not offered; write Type/id')
    return Invalid(
        f"HAPI-0505: Invalid resource reference found at path[{path}] - Does not contain resource type - {text}; "
        "write Type/id",
        issue="processing",
    )


def check_unreferenced(store: EpisodeStore, reference: str) -> None:
    """Raises Conflict if a resource still refers to this one."""
    found = store.referrer_of(reference)
    if found is not None:
        referrer, code = found
        raise Conflict(
            f"Unable to delete {reference} because at least one resource has a reference to this resource. "
            f"First reference found was resource {referrer} in search parameter {code}; delete or change it first",
            issue="processing",
        )
