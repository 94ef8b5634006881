"""Match URLs (`Patient?identifier=sys|1`): which resources a conditional interaction means.

https://hl7.org/fhir/R4/http.html#ccreate
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl

from fhir_r4 import (
    Chain,
    Clause,
    Condition,
    Conflict,
    DateValue,
    Invalid,
    NotFound,
    NumberValue,
    PreconditionFailed,
    is_resource_type,
    parse_search,
)
from fhir_server.match import match
from fhir_server.store import EpisodeStore

_UNKNOWN = re.compile(r'HAPI-0524: Unknown search parameter "(?P<name>[^"]*)"')


def match_ids(store: EpisodeStore, resource_type: str, query: str) -> list[str]:
    """The ids that a query finds, in order of writing. Raises Invalid for a query that does not select."""
    try:
        clauses = () if "=" not in query else parse_search(resource_type, query, store.rules).clauses
    except Invalid as problem:
        unknown = _UNKNOWN.match(problem.message)
        if unknown is None:
            raise
        raise Invalid(
            f"HAPI-0488: Failed to parse match URL[{resource_type}?{query}] - Resource type {resource_type} does not "
            f"have a parameter with name: {unknown['name']}",
            issue="processing",
        ) from None
    if not clauses:
        raise Invalid(
            f"HAPI-0518: Invalid match URL[{resource_type}?{query or resource_type}] - URL has no search parameters",
            issue="processing",
        )
    return [segment.ids[n] for segment, numbers in match(store, resource_type, clauses) for n in sorted(numbers)]


def query_of(match_url: str) -> str:
    """The query of a match URL, which may come with or without its type."""
    return match_url.partition("?")[2] if "?" in match_url else match_url


def one_match(
    store: EpisodeStore, resource_type: str, query: str, code: str, operation: str, shown: str | None = None
) -> str | None:
    """The id that a query finds, if any. Raises PreconditionFailed (with HAPI's code) for several; HAPI looks for
    two, except to delete."""
    ids = match_ids(store, resource_type, query)
    if len(ids) > 1:
        raise PreconditionFailed(
            f'{code}: Failed to {operation} {resource_type} with match URL "{shown or f"{resource_type}?{query}"}" '
            f"because this search matched {len(ids) if operation == 'DELETE' else 2} resources",
            issue="processing",
        )
    return ids[0] if ids else None


# -- what is made under a condition -----------------------------------------------------------------------------------


def meets(store: EpisodeStore, resource_type: str, id: str, query: str) -> bool:
    """Whether HAPI accepts a new resource under a match URL. It looks at one parameter after the other, without its
    database, and accepts anything at the first one that it cannot tell."""
    clauses = parse_search(resource_type, query, store.rules).clauses
    if any(isinstance(one, Clause) and one.parameter.code == "_lastUpdated" for one in clauses):
        return True
    for _, group in groupby(sorted(clauses, key=_place), key=_place):
        conditions = list(group)
        if not all(_can_be_told(one) for one in conditions):
            return True
        hits = match(store, resource_type, conditions)
        if not any(segment.number_of.get(id) in numbers for segment, numbers in hits):
            return False
    return True


def can_be_told(store: EpisodeStore, resource_type: str, query: str) -> bool:
    """Whether HAPI can tell without its database if a resource meets a match URL."""
    clauses = parse_search(resource_type, query, store.rules).clauses
    updated = any(isinstance(one, Clause) and one.parameter.code == "_lastUpdated" for one in clauses)
    return not updated and all(_can_be_told(one) for one in clauses)


def _place(condition: Condition) -> int:
    """Where a parameter stands in HAPI's hash table."""
    name = condition.parameter.code if isinstance(condition, (Clause, Chain)) else "_has"
    number = 0
    for letter in name:
        number = (number * 31 + ord(letter)) & 0xFFFFFFFF
    return (number ^ number >> 16) & 15


def _can_be_told(condition: Condition) -> bool:
    if not isinstance(condition, Clause) or condition.missing is not None:
        return False
    kind, modifier = condition.parameter.type, condition.modifier
    if kind == "token" and modifier in ("not", "in", "not-in"):
        return True
    if kind in ("date", "number", "quantity"):
        told = ("eq", "gt", "ge", "lt", "le") if kind == "date" else ("eq",)
        return all(isinstance(one, (DateValue, NumberValue)) and one.prefix in told for one in condition.values)
    return not modifier or kind == "reference"


def claim(store: EpisodeStore, reference: str, query: str) -> bool:
    """Note that a new resource is made under a match URL; whether no other one was that is still as it was made."""
    name, _, _ = reference.partition("/")
    condition = (name, *sorted(f"{key}={text}" for key, text in parse_qsl(query, keep_blank_values=True)))
    return store.claim(condition, reference)


def made_before(while_doing: str = "") -> Conflict:
    """The problem if one was."""
    return Conflict(
        f"HAPI-0550: HAPI-2745: {while_doing}The operation has failed with a conditional constraint failure. This "
        "generally means that two clients/threads were trying to perform a conditional create or update at the same "
        "time which would have resulted in duplicate resources being created.",
        issue="processing",
    )


def id_taken(while_doing: str) -> Conflict:
    """The problem if another resource has the id that was chosen for a new one."""
    return Conflict(
        f"HAPI-0550: HAPI-0825: {while_doing}The operation has failed with a client-assigned ID constraint failure. "
        "This typically means that multiple client threads are trying to create a new resource with the same "
        "client-assigned ID at the same time, and this thread was chosen to be rejected. It can also happen when a "
        "request disables the Upsert Existence Check.",
        issue="processing",
    )


# -- conditional references -------------------------------------------------------------------------------------------


def resolve_match_references(
    store: EpisodeStore, resource: dict[str, Any], known: dict[str, str], several: str = "HAPI-1092"
) -> None:
    """Write `Type/id` for every conditional reference. known: match URL -> reference, of the same transaction.
    several: HAPI's code for more than one match.

    Raises NotFound for no match, PreconditionFailed for several, Invalid for an unknown type.
    """
    for node in _references(resource):
        text = node["reference"]
        name, mark, query = text.partition("?")
        if mark and "/" not in name and ":" not in name:
            if not is_resource_type(name):
                raise Invalid(
                    f'HAPI-1684: Unknown resource name "{name}" (this name is not known in FHIR version "R4")',
                    issue="processing",
                )
            node["reference"] = known.get(text) or _resolved(store, name, query, text, several)


def _resolved(store: EpisodeStore, name: str, query: str, text: str, several: str) -> str:
    ids = match_ids(store, name, query)
    if not ids:
        raise NotFound(f'HAPI-1091: Invalid match URL "{text}" - No resources match this search', issue="processing")
    if len(ids) > 1:
        raise PreconditionFailed(
            f'{several}: Invalid match URL "{text}" - Multiple resources match this search', issue="processing"
        )
    return f"{name}/{ids[0]}"


def _references(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node
        for value in node.values():
            if isinstance(value, (dict, list)):
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def strip_versions(resource: dict[str, Any]) -> None:
    """References to a version become references to the resource, as on HAPI."""
    for node in _references(resource):
        text = node["reference"]
        at = text.find("/_history/")
        if at > 0:
            node["reference"] = text[:at]


def references_of(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every Reference with a literal in a resource."""
    return _references(resource)
