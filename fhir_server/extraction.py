"""Compiles the search parameter expressions of one resource type into one Python function.

The paths of all parameters are merged into a tree, so each element of a resource is looked up once. The function
returns a list of rows (see `rows`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from fhir_r4 import Element, SearchParameter, choices, elements, search_parameters
from fhir_server.expression import Path, Step, read_expression
from fhir_server.index import KINDS
from fhir_server.rows import WRITERS, Row, Writer, coded

Extractor = Callable[[dict[str, Any]], list[Row]]

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
    return {
        parameter.code: read_expression(parameter.expression)
        for parameter in search_parameters(resource_type).values()
        if parameter.type in KINDS and parameter.code not in SKIPPED
    }


def build_tree(resource_type: str) -> Tree:
    tree = Tree(Node("", False, None, None))
    parameters = search_parameters(resource_type)
    for code, paths in paths_of(resource_type).items():
        for path in paths:
            if path.truth:
                names = tuple(e.name for e in choices(resource_type, path.steps[0].name))
                tree.truths.append((code, names))
            else:
                _grow(tree.root, parameters[code], resource_type, path.steps)
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
        writer = _writer(parameter, element)
        if writer is not None:
            _child(node, element, step).leaves.append(Leaf(parameter, writer, step.resolves))


def _writer(parameter: SearchParameter, element: Element) -> Writer | None:
    if parameter.type == "token" and element.codes is not None:
        return coded(element.codes)
    return WRITERS[parameter.type].get(element.type)


def _child(node: Node, element: Element, step: Step) -> Node:
    key = (element.name, step.where, step.index)
    if key not in node.children:
        node.children[key] = Node(element.name, element.repeats, step.where, step.index)
    return node.children[key]


class _Source:
    """Python text that grows line by line, with the values it refers to by name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[Writer, str] = {}
        self.count = 0

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def name_of(self, writer: Writer) -> str:
        name = f"{writer.__name__}_{len(self.names)}"
        return self.names.setdefault(writer, name)

    def variable(self) -> str:
        self.count += 1
        return f"v{self.count}"


def source_of(resource_type: str) -> tuple[str, dict[str, object]]:
    """The text of the extraction function, and the writers it calls."""
    source, tree = _Source(), build_tree(resource_type)
    source.line(0, "def extract(v0):")
    source.line(1, "rows = []")
    source.line(1, "add = rows.append")
    for code, names in tree.truths:
        held = " or ".join(f"v0.get({name!r}) not in (None, False)" for name in names)
        source.line(1, f"rows.append(({code!r}, ('', 'true' if {held} else 'false')))")
    _write_children(source, tree.root, "v0", 1)
    source.line(1, "return rows")
    return "\n".join(source.lines), {name: writer for writer, name in source.names.items()}


def _write_children(source: _Source, node: Node, parent: str, depth: int) -> None:
    by_name: dict[str, list[Node]] = {}
    for child in node.children.values():
        by_name.setdefault(child.name, []).append(child)
    for name, children in by_name.items():
        value = source.variable()
        source.line(depth, f"{value} = {parent}.get({name!r})")
        source.line(depth, f"if {value} is not None:")
        for child in children:
            _write_node(source, child, value, depth + 1)


def _write_node(source: _Source, node: Node, value: str, depth: int) -> None:
    if node.repeats:
        item = source.variable()
        chosen = value if node.index is None else f"{value}[{node.index}:{node.index + 1}]"
        source.line(depth, f"for {item} in {chosen}:")
        value, depth = item, depth + 1
    if node.where:
        key, text = node.where
        source.line(depth, f"if {value}.get({key!r}) == {text!r}:")
        depth += 1
    for leaf in node.leaves:
        _write_leaf(source, leaf, value, depth)
    _write_children(source, node, value, depth)


def _write_leaf(source: _Source, leaf: Leaf, value: str, depth: int) -> None:
    name = source.name_of(leaf.writer)
    call = f"{name}(add, {leaf.parameter.code!r}, {value})"
    if leaf.resolves:
        call = f"if {value}.get('reference', '').startswith({leaf.resolves + '/'!r}): {call}"
    source.line(depth, call)


@cache
def extractor(resource_type: str) -> Extractor:
    """The function from a resource to its index rows."""
    text, names = source_of(resource_type)
    scope: dict[str, Any] = dict(names)
    exec(compile(text, f"<search parameters of {resource_type}>", "exec"), scope)
    made: Extractor = scope["extract"]
    return made


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
