"""Values at an element path of a resource, as the table of US Core writes paths: `name.family`, `effective` and
`value[x]` for any type, `component:systolic.code` for a slice (not told apart), `extension.where(url='...')`."""

import re
from collections.abc import Iterator
from typing import Any

_WHERE = re.compile(r"extension\.where\(url='([^']+)'\)\.(\w+)")


def values(node: Any, path: str) -> list[Any]:
    """Every value at the path, in order; lists are flattened."""
    if found := _WHERE.fullmatch(path):
        return [v for e in values(node, "extension") if e["url"] == found[1] for v in values(e, found[2])]
    return list(_walk(node, [step.partition(":")[0].removesuffix("[x]") for step in path.split(".")]))


def _walk(node: Any, steps: list[str]) -> Iterator[Any]:
    if isinstance(node, list):
        for one in node:
            yield from _walk(one, steps)
    elif not steps:
        yield node
    elif isinstance(node, dict):
        for key in _keys(node, steps[0]):
            yield from _walk(node[key], steps[1:])


def _keys(node: dict[str, Any], step: str) -> list[str]:
    if step in node:
        return [step]
    return [key for key in node if key.startswith(step) and key[len(step) : len(step) + 1].isupper()]
