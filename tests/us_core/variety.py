"""A few resources that between them have every shape and every code of many."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

_FREE = frozenset(
    {"id", "reference", "value", "data", "text", "display", "line", "family", "given", "postalCode", "city"}
)
"""Elements whose value does not matter to a profile, only that there is one."""


def varied(resources: Iterable[bytes]) -> list[bytes]:
    """Each resource with an element, a list of several or a code that no earlier one of its type and profile has."""
    seen: set[Any] = set()
    kept = []
    for text in resources:
        node = orjson.loads(text)
        kind = (node["resourceType"], *node.get("meta", {}).get("profile", ()))
        features = {(kind, feature) for feature in _features(node, ())}
        if not features <= seen:
            seen |= features
            kept.append(text)
    return kept


def _features(node: Any, path: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _features(value, (*path, key))
    elif isinstance(node, list):
        yield path, len(node) > 1
        for value in node:
            yield from _features(value, path)
    else:
        yield path, _code(node, path)


def _code(value: Any, path: tuple[str, ...]) -> Any:
    """The value if it may be one of a fixed set, else its type."""
    coded = isinstance(value, str) and path[-1] not in _FREE and (path[-1] == "code" or not value[:1].isdigit())
    return value if coded or isinstance(value, bool) else type(value)
