"""How values reach the page: constant parts serialised once, decimals as written, resources as canonical bytes."""

from typing import Any

from orjson import OPT_SORT_KEYS, Fragment, dumps

from fhir_r4 import TIERS

Json = dict[str, Any]
Row = tuple[int, str, str, bytes]
"""(dependency tier, id, type, canonical bytes): sorts into write order."""


def fixed(node: Any) -> Fragment:
    """A constant part of many resources, serialised once; usable as a value in any resource."""
    return Fragment(dumps(node, option=OPT_SORT_KEYS))


def reference(kind: str, identity: str) -> Fragment:
    return Fragment(f'{{"reference":"{kind}/{identity}"}}')


def decimal(scaled: int, places: int) -> Fragment | int:
    """scaled / 10**places with exactly that many places: (70, 1) -> 7.0."""
    if not places:
        return scaled
    whole, rest = divmod(abs(scaled), 10**places)
    return Fragment(f"{'-' if scaled < 0 else ''}{whole}.{rest:0{places}d}")


def canonical_row(resource: Json) -> Row:
    """bytes are copied tight: what orjson returns holds on to a larger buffer."""
    kind, identity = resource["resourceType"], resource["id"]
    return TIERS[kind], identity, kind, bytes(memoryview(dumps(resource, option=OPT_SORT_KEYS)))
