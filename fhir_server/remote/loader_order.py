"""The order in which resources can be written: what a resource refers to comes before it or in the same group."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fhir_r4 import parse_reference, reference_of, references_in


@dataclass(frozen=True, slots=True)
class Resource:
    """targets: the literal references to other resources of the same load."""

    reference: str
    text: bytes
    targets: tuple[str, ...]


Group = tuple[Resource, ...]
"""Resources that refer to each other in a circle (mostly one resource): they must be written in one transaction."""


def ordered_groups(resources: Iterable[bytes]) -> list[Group]:
    nodes = {reference_of(node): (text, node) for text in resources for node in [orjson.loads(text)]}
    table = {ref: Resource(ref, text, _targets(ref, node, nodes)) for ref, (text, node) in nodes.items()}
    return [tuple(table[ref] for ref in group) for group in _components(list(table), table)]


def _targets(own: str, node: dict[str, Any], known: dict[str, Any]) -> tuple[str, ...]:
    found = {str(r) for text in references_in(node) if (r := parse_reference(text))}
    return tuple(sorted(t for t in found if t in known and t != own))


def _components(order: Sequence[str], table: dict[str, Resource]) -> list[list[str]]:
    """Tarjan's strongly connected components, without recursion; a component comes after those that it refers to."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    waiting: list[str] = []
    is_waiting: set[str] = set()
    groups: list[list[str]] = []

    def enter(name: str) -> tuple[str, list[str]]:
        index[name] = low[name] = len(index)
        waiting.append(name)
        is_waiting.add(name)
        return name, list(table[name].targets)

    def leave(name: str) -> None:
        if low[name] != index[name]:
            return
        group: list[str] = []
        while not group or group[-1] != name:
            group.append(waiting.pop())
            is_waiting.remove(group[-1])
        groups.append(sorted(group, key=index.__getitem__))

    for start in order:
        path = [] if start in index else [enter(start)]
        while path:
            name, targets = path[-1]
            if targets:
                target = targets.pop()
                if target not in index:
                    path.append(enter(target))
                elif target in is_waiting:
                    low[name] = min(low[name], index[target])
            else:
                path.pop()
                leave(name)
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[name])
    return groups
