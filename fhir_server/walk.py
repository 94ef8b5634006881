"""Python text that walks a resource along a tree of elements; what happens at the leaves is the caller's."""

from collections.abc import Callable

from fhir_server.parameter_tree import Leaf, Node
from fhir_server.rows import Writer

WriteLeaves = Callable[["Text", list[Leaf], str, int], None]
"""(text, what to write, the variable that holds the element, depth)"""


class Text:
    """Lines of Python, with the writers they refer to by name. leaves: writes what happens at an element."""

    def __init__(self, leaves: WriteLeaves) -> None:
        self.leaves = leaves
        self.lines: list[str] = []
        self.names: dict[Writer, str] = {}
        self.count = 0

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def name_of(self, writer: Writer) -> str:
        return self.names.setdefault(writer, f"write{len(self.names)}")

    def variable(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def children(self, node: Node, parent: str, depth: int) -> None:
        """Walk on from the element in the variable `parent`."""
        by_name: dict[str, list[Node]] = {}
        for child in node.children.values():
            by_name.setdefault(child.name, []).append(child)
        for name, children in by_name.items():
            value = self.variable()
            self.line(depth, f"if {name!r} in {parent} and ({value} := {parent}[{name!r}]) is not None:")
            for child in children:
                self._node(child, value, depth + 1)

    def _node(self, node: Node, value: str, depth: int) -> None:
        if node.repeats:
            item = self.variable()
            chosen = value if node.index is None else f"{value}[{node.index}:{node.index + 1}]"
            self.line(depth, f"for {item} in {chosen}:")
            value, depth = item, depth + 1
            if not node.children:  # a list of primitives may hold null
                self.line(depth, f"if not {item}: continue")
        if node.where:
            key, text = node.where
            self.line(depth, f"if {value}.get({key!r}) == {text!r}:")
            depth += 1
        self.leaves(self, node.leaves, value, depth)
        self.children(node, value, depth)


def truth(resource: str, names: tuple[str, ...]) -> str:
    """Python that says whether any of the elements is there and is not false."""
    return " or ".join(f"{resource}.get({name!r}) not in (None, False)" for name in names)


def by_writer(leaves: list[Leaf]) -> dict[tuple[Writer, str | None], list[str]]:
    """(writer, type that a reference must have) -> the parameters that it writes."""
    found: dict[tuple[Writer, str | None], list[str]] = {}
    for leaf in leaves:
        found.setdefault((leaf.writer, leaf.resolves), []).append(leaf.parameter.code)
    return found
