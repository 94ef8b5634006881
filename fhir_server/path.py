"""The part of FHIRPath that patches use, on JSON: elements, `[n]`, `first()`, `where(...)`, `extension('url')`, ...

A node knows where it stands, so that what a path selects can be changed. https://hl7.org/fhirpath/N1/
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from fhir_r4 import WrittenNumber, choices, elements, is_resource_type

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<mark>!=|!~|>=|<=|[=~<>.\[\]()]))"
)


_DEEPEST = 20
"""Brackets that a path may have."""
_LONGEST_PATH = 2000

_LONGEST_NUMBER = 300


class BadPathError(ValueError):
    """A text that is no path, or uses what is not offered."""


@dataclass(slots=True, eq=False)
class Node:
    """A value in a resource. holder[name] is the value, or the list with it at `index`. type: its FHIR type."""

    value: Any
    holder: dict[str, Any] | None
    name: str
    index: int | None
    type: str


class Step(NamedTuple):
    """A name, or a function (arguments: not None), or `[place]` (name empty)."""

    name: str
    place: int | None = None
    arguments: "tuple[Any, ...] | None" = None


class Test(NamedTuple):
    """`left mark right` (left, right: a path or a literal), or `left and right`, `left or right`."""

    left: Any
    mark: str
    right: Any


class Literal(NamedTuple):
    value: Any


Path = tuple[Step, ...]


@lru_cache(maxsize=1024)
def read_path(text: str) -> Path:
    """Raises BadPathError."""
    reader = _Reader(text)
    path = reader.path()
    if reader.at < len(reader.tokens):
        raise BadPathError(text)
    return path


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        at = 0
        text = text.rstrip()
        if text.count("(") > _DEEPEST or len(text) > _LONGEST_PATH:
            raise BadPathError(text)
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise BadPathError(self.text)
            if found.lastgroup == "number" and found.end() - found.start() > _LONGEST_NUMBER:
                raise BadPathError(self.text)
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()

    def take(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise BadPathError(self.text)
        self.at += 1
        return self.tokens[self.at - 1]

    def next_is(self, *marks: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][1] in marks

    def expect(self, mark: str) -> None:
        if self.take() != ("mark", mark):
            raise BadPathError(self.text)

    def path(self) -> Path:
        steps = [*self.step()]
        while self.next_is(".", "["):
            if self.take()[1] == ".":
                steps += self.step()
            else:
                steps.append(self.place())
        return tuple(steps)

    def step(self) -> list[Step]:
        kind, name = self.take()
        if kind != "name":
            raise BadPathError(self.text)
        if not self.next_is("("):
            return [Step(name)]
        self.take()
        arguments = () if self.next_is(")") else (self.either(),)
        self.expect(")")
        if name == "extension" and len(arguments) == 1:
            return [Step("extension"), Step("where", None, (Test((Step("url"),), "=", arguments[0]),))]
        if name not in _FUNCTIONS:
            raise BadPathError(self.text)
        return [Step(name, None, arguments)]

    def place(self) -> Step:
        kind, text = self.take()
        if kind != "number" or not text.isdigit():
            raise BadPathError(self.text)
        self.expect("]")
        return Step("", int(text))

    def either(self) -> Any:
        left = self.both()
        while self.next_is("or"):
            self.take()
            left = Test(left, "or", self.both())
        return left

    def both(self) -> Any:
        left = self.comparison()
        while self.next_is("and"):
            self.take()
            left = Test(left, "and", self.comparison())
        return left

    def comparison(self) -> Any:
        if self.next_is("("):
            self.take()
            inner = self.either()
            self.expect(")")
            return inner
        left = self.operand()
        if self.next_is("=", "!=", "~", "!~"):
            return Test(left, self.take()[1], self.operand())
        return left

    def operand(self) -> Any:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind == "text":
            self.at += 1
            return Literal(re.sub(r"\\(.)", r"\1", text[1:-1]))
        if kind == "number":
            self.at += 1
            return Literal(WrittenNumber(text) if "." in text else int(text))
        if text in ("true", "false"):
            self.at += 1
            return Literal(text == "true")
        return self.path()


def root_node(resource: dict[str, Any]) -> Node:
    return Node(resource, None, "", None, resource["resourceType"])


def select(path: Path, nodes: list[Node]) -> list[Node]:
    """What a path selects, starting at `nodes`."""
    for number, step in enumerate(path):
        if step.arguments is not None:
            nodes = _FUNCTIONS[step.name](nodes, step.arguments)
        elif not step.name:
            nodes = nodes[step.place : step.place + 1] if step.place is not None else []
        elif number or not _is_start(step.name, nodes):
            nodes = [child for node in nodes for child in children(node, step.name)]
    return nodes


def _is_start(name: str, nodes: list[Node]) -> bool:
    """Whether the first name of a path only says what the resource is."""
    return bool(nodes) and nodes[0].holder is None and (name == nodes[0].type or name in ("Resource", "DomainResource"))


def children(node: Node, name: str) -> list[Node]:
    if not isinstance(node.value, dict):
        return []
    found: list[Node] = []
    for element in choices(node.type, name):
        value = node.value.get(element.name)
        if value is None:
            continue
        type_name = element.type
        if type_name == "Resource" and not isinstance(value, list):
            type_name = value.get("resourceType", type_name)
        if isinstance(value, list):
            found += [
                Node(item, node.value, element.name, n, _inner(item, type_name))
                for n, item in enumerate(value)
                if item is not None
            ]
        else:
            found.append(Node(value, node.value, element.name, None, type_name))
    return found


def _inner(item: Any, type_name: str) -> str:
    return item.get("resourceType", type_name) if type_name == "Resource" and isinstance(item, dict) else type_name


def has_element(type_name: str, name: str) -> bool:
    return bool(choices(type_name, name)) or name in elements(type_name)


def _holds(test: Any, node: Node) -> bool:
    if isinstance(test, Test):
        if test.mark in ("and", "or"):
            left, right = _holds(test.left, node), _holds(test.right, node)
            return left and right if test.mark == "and" else left or right
        left_values, right_values = _values(test.left, node), _values(test.right, node)
        same = bool(left_values) and left_values == right_values
        return same if test.mark in ("=", "~") else bool(left_values) and bool(right_values) and not same
    values = _values(test, node)
    return bool(values) and values != [("b", False)]


def _values(operand: Any, node: Node) -> list[Any]:
    if isinstance(operand, Literal):
        return [_comparable(operand.value)]
    return [_comparable(found.value) for found in select(operand, [node])]


def _comparable(value: Any) -> Any:
    if isinstance(value, bool):
        return ("b", value)
    if isinstance(value, (int, WrittenNumber)):
        return ("n", value if isinstance(value, int) else float(value))
    return value


def _number(arguments: tuple[Any, ...]) -> int:
    value = arguments[0].value if arguments and isinstance(arguments[0], Literal) else None
    if not isinstance(value, int):
        raise BadPathError("skip() and take() need a whole number")
    return value


def _where(nodes: list[Node], arguments: tuple[Any, ...]) -> list[Node]:
    return [node for node in nodes if all(_holds(test, node) for test in arguments)]


def _exists(nodes: list[Node], arguments: tuple[Any, ...]) -> list[Node]:
    return [Node(bool(_where(nodes, arguments)), None, "", None, "boolean")]


def _of_type(nodes: list[Node], arguments: tuple[Any, ...]) -> list[Node]:
    path = arguments[0] if arguments else ()
    name = path[-1].name if path and isinstance(path[-1], Step) else ""
    return [node for node in nodes if node.type == name or (is_resource_type(name) and node.type == name)]


def _not(nodes: list[Node], arguments: tuple[Any, ...]) -> list[Node]:
    return [Node(not node.value, None, "", None, "boolean") for node in nodes]


_FUNCTIONS: dict[str, Callable[[list[Node], tuple[Any, ...]], list[Node]]] = {
    "where": _where,
    "exists": _exists,
    "empty": lambda nodes, _: [Node(not nodes, None, "", None, "boolean")],
    "first": lambda nodes, _: nodes[:1],
    "last": lambda nodes, _: nodes[-1:],
    "tail": lambda nodes, _: nodes[1:],
    "single": lambda nodes, _: nodes,
    "skip": lambda nodes, arguments: nodes[_number(arguments) :],
    "take": lambda nodes, arguments: nodes[: _number(arguments)],
    "ofType": _of_type,
    "as": _of_type,
    "not": _not,
}
