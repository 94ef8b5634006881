"""The search parameter expressions of one resource type as one tree of elements, so that each is looked up once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from fhir_r4 import Element, SearchParameter, choices, elements, search_parameters
from fhir_server.expression import Path, Step, read_expression
from fhir_server.index import KINDS
from fhir_server.rows import Writer, writer_of

SKIPPED = frozenset({"_id", "_lastUpdated"})
"""Parameters whose rows the store writes itself."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What to write at an element: rows of one parameter."""

    parameter: SearchParameter
    writer: Writer
    resolves: str | None = None


@dataclass
class Node:
    """One element under a parent. where: (child, value) that it must have."""

    name: str
    repeats: bool
    where: tuple[str, str] | None
    index: int | None
    leaves: list[Leaf] = field(default_factory=list)
    children: dict[object, "Node"] = field(default_factory=dict)


@dataclass
class Tree:
    root: Node
    truths: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """(parameter, element names): true if any of the elements is there and is not false."""


def paths_of(resource_type: str) -> dict[str, tuple[Path, ...]]:
    """parameter -> its paths, for every parameter that has an index."""
    return {parameter.code: read_expression(parameter.expression) for parameter in indexed_parameters(resource_type)}


def indexed_parameters(resource_type: str) -> tuple[SearchParameter, ...]:
    every = search_parameters(resource_type).values()
    return tuple(parameter for parameter in every if parameter.type in KINDS and parameter.code not in SKIPPED)


def build_tree(resource_type: str, parameters: Iterable[SearchParameter]) -> Tree:
    tree = Tree(Node("", False, None, None))
    for parameter in parameters:
        for path in read_expression(parameter.expression):
            if path.truth and parameter.type == "text":
                continue
            if path.truth:
                names = tuple(e.name for e in choices(resource_type, path.steps[0].name))
                tree.truths.append((parameter.code, names))
            elif path.steps:
                _grow(tree.root, parameter, resource_type, path.steps)
    _prune(tree.root)
    return tree


def _prune(node: Node) -> None:
    """Drop elements under which nothing is written."""
    for key, child in list(node.children.items()):
        _prune(child)
        if not child.leaves and not child.children:
            del node.children[key]


def _grow(node: Node, parameter: SearchParameter, type_name: str, steps: tuple[Step, ...]) -> None:
    step, rest = steps[0], steps[1:]
    for element in choices(type_name, step.name):
        if step.as_type not in (None, element.type):
            continue
        if rest:
            _grow(_child(node, element, step), parameter, element.type, rest)
            continue
        writer = writer_of(parameter, element)
        if writer is not None:
            _child(node, element, step).leaves.append(Leaf(parameter, writer, step.resolves))


def _child(node: Node, element: Element, step: Step) -> Node:
    key = (element.name, step.where, step.index)
    if key not in node.children:
        node.children[key] = Node(element.name, element.repeats, step.where, step.index)
    return node.children[key]


@cache
def reference_paths(resource_type: str) -> tuple[tuple[str, tuple[Step, ...], frozenset[str]], ...]:
    """(path as text, steps, target types) of every Reference element that a search parameter names, without repeats."""
    found: dict[tuple[str, ...], tuple[str, tuple[Step, ...], frozenset[str]]] = {}
    for code, paths in paths_of(resource_type).items():
        if search_parameters(resource_type)[code].type != "reference":
            continue
        for path in paths:
            for names, targets in _reference_ends(resource_type, path.steps):
                steps = tuple(Step(name) for name in names)
                found.setdefault(names, (".".join((resource_type, *names)), steps, targets))
    return tuple(found.values())


def _reference_ends(type_name: str, steps: tuple[Step, ...]) -> list[tuple[tuple[str, ...], frozenset[str]]]:
    step, rest = steps[0], steps[1:]
    ends: list[tuple[tuple[str, ...], frozenset[str]]] = []
    for element in choices(type_name, step.name):
        if step.as_type not in (None, element.type):
            continue
        if rest:
            ends += [((element.name, *names), targets) for names, targets in _reference_ends(element.type, rest)]
        elif element.type == "Reference":
            ends.append(((element.name,), frozenset(elements(type_name)[element.name].targets)))
    return ends
