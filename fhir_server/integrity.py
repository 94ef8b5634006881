"""References of a resource about to be stored: each must be literal, allowed where it is, and lead to something.

Only elements that a search parameter names are checked, as on HAPI.
"""

import re
from collections.abc import Container, Iterator
from functools import cache
from typing import Any, NamedTuple

from fhir_r4 import (
    Conflict,
    Invalid,
    Unprocessable,
    is_resource_type,
    parse_exact,
    parse_reference,
    references_in,
    resource_types,
    table,
)
from fhir_server.expression import Step
from fhir_server.parameter_tree import paths_of, reference_paths
from fhir_server.store import EpisodeStore, Write

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://.+", re.IGNORECASE)


def check_references(store: EpisodeStore, write: Write, pending: Container[str]) -> None:
    """pending: what the same transaction creates, or deletes, because HAPI looks references up before it does anything.

    Raises Invalid (missing, deleted, foreign or no literal reference) or Unprocessable (a type not allowed there).
    """
    resource, paths = write.resource, _paths(write.resource_type)
    for name in [name for name in paths if name in resource]:
        for path, steps, targets in paths[name]:
            for reference in _walk(resource[name], steps):
                text = reference.get("reference")
                if text and text[0] != "#":
                    literal = _literal(text, path, targets)
                    if literal not in pending:
                        _check(store, write, literal, path)


@cache
def _paths(resource_type: str) -> dict[str, list[tuple[str, tuple[Step, ...], frozenset[str]]]]:
    """First element -> what to check below it: (path as text, further steps, target types)."""
    order = {name.removesuffix("[x]"): n for n, name in enumerate(table("members").get(resource_type, ()))}
    found: dict[str, list[tuple[str, tuple[Step, ...], frozenset[str]]]] = {}
    for path, steps, targets in reference_paths(resource_type):
        found.setdefault(steps[0].name, []).append((path, steps[1:], targets))
    return {name: found[name] for name in sorted(found, key=lambda one: order.get(one, len(order)))}


def _walk(node: Any, steps: tuple[Step, ...]) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for item in node:
            yield from _walk(item, steps)
    elif isinstance(node, dict):
        if not steps:
            yield node
        elif steps[0].name in node:
            yield from _walk(node[steps[0].name], steps[1:])


def _literal(text: str, path: str, targets: frozenset[str]) -> str:
    """`Type/id`."""
    name, slash, id = text.partition("/")
    if not slash or not id or "/" in id or name not in _types():
        found = parse_reference(text)
        if found is None or (not is_resource_type(found.type) and "Resource" in targets):
            raise _not_literal(text, path)
        name, id = found.type, found.id
    if name not in targets and "Resource" not in targets:
        raise Unprocessable(
            f"HAPI-0931: Invalid reference found at path '{path}'. Resource type '{name}' is not valid for this path"
        )
    return f"{name}/{id}"


def _check(store: EpisodeStore, write: Write, literal: str, path: str) -> None:
    name, _, id = literal.partition("/")
    if store.exists(name, id):
        return
    version = store.current(name, id)
    if version is None:
        raise Invalid(f"HAPI-1094: Resource {literal} not found, specified in path: {path}", issue="processing")
    if not _refers(store, write.reference, literal):  # HAPI looks up what is new only
        raise Invalid(f"HAPI-1096: Resource {literal} is deleted, specified in path: {path}", issue="processing")


@cache
def _types() -> frozenset[str]:
    return frozenset(resource_types())


def _not_literal(text: str, path: str) -> Invalid:
    if _ABSOLUTE.fullmatch(text):
        return Invalid(
            f'HAPI-0507: Resource contains external reference to URL "{text}" but this server is not configured to '
            "allow external references",
            issue="processing",
        )
    name, slash, id = text.partition("/")
    if is_resource_type(name) and slash and not id:
        return Invalid(
            f"HAPI-0508: Invalid resource reference found at path[{path}] - Does not contain resource ID - {text}",
            issue="processing",
        )
    if slash and not is_resource_type(name):
        return Invalid(
            f"HAPI-0506: Invalid resource reference found at path[{path}] - Resource type is unknown or not supported "
            f"on this server - {text}",
            issue="processing",
        )
    return Invalid(
        f"HAPI-0505: Invalid resource reference found at path[{path}] - Does not contain resource type - {text}",
        issue="processing",
    )


class Referrer(NamedTuple):
    """A resource that refers to another one, the target. path: the element that does."""

    target: str
    reference: str
    path: str


def referrers_of(store: EpisodeStore, target: str) -> Iterator[Referrer]:
    """The resources that refer to this one, in the order of writing."""
    for reference, code in store.referrers_of(target):
        yield Referrer(target, reference, path_of(reference.partition("/")[0], code))


def _refers(store: EpisodeStore, reference: str, target: str) -> bool:
    name, _, id = reference.partition("/")
    last = store.current(name, id)
    return last is not None and not last.is_gone and target in references_in(parse_exact(last.json))


def check_unreferenced(store: EpisodeStore, reference: str) -> None:
    """Raises Conflict if a resource still refers to this one."""
    found = next(referrers_of(store, reference), None)
    if found is not None:
        raise conflict_of([found])


def conflict_of(referrers: list[Referrer]) -> Conflict:
    """referrers: at least one, each an issue."""
    first, *others = [
        f"Unable to delete {one.target} because at least one resource has a reference to this resource. First "
        f"reference found was resource {one.reference} in path {one.path}"
        for one in referrers
    ]
    return Conflict(first, issue="processing", also=tuple(others))


def path_of(resource_type: str, code: str) -> str:
    """The element that a reference parameter indexes."""
    paths = reference_codes(resource_type)
    return paths.get(code, f"{resource_type}.{code}")


@cache
def reference_codes(resource_type: str) -> dict[str, str]:
    """Parameter -> path of its first element."""
    return {
        code: ".".join((resource_type, *(step.name for step in paths[0].steps)))
        for code, paths in paths_of(resource_type).items()
        if paths and paths[0].steps
    }
