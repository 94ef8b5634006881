"""Compiles the search parameter expressions of one resource type into one Python function from a resource to rows.

Rows are for one resource at a time; a world is loaded by `filling`, which writes the same into the indexes directly.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from fhir_r4 import SearchParameter
from fhir_server.parameter_tree import Leaf, build_tree, indexed_parameters
from fhir_server.rows import Row
from fhir_server.walk import Text, by_writer, truth
from fhir_server.writer_lines import NEITHER, lines_of

Extractor = Callable[[dict[str, Any]], list[Row]]


def source_of(resource_type: str, parameters: Iterable[SearchParameter]) -> tuple[str, dict[str, object]]:
    """The text of the extraction function, and the writers it calls."""
    text, tree = Text(_write_rows), build_tree(resource_type, parameters)
    text.line(0, "def extract(v0):")
    text.line(1, "rows = []")
    text.line(1, "add = rows.append")
    for code, names in tree.truths:
        text.line(1, f"rows.append(({code!r}, ('', 'true' if {truth('v0', names)} else 'false')))")
    text.children(tree.root, "v0", 1)
    text.line(1, "return rows")
    return "\n".join(text.lines), {name: writer for writer, name in text.names.items()}


def _write_rows(text: Text, leaves: list[Leaf], value: str, depth: int) -> None:
    for (writer, resolves), codes in by_writer(leaves).items():
        inner = depth
        if resolves:
            text.line(depth, f"if {value}.get('reference', '').startswith({resolves + '/'!r}):")
            inner += 1
        lines = lines_of(writer)
        if lines is not None:
            lines.write(text, writer, value, inner, [f"add(({code!r}, {{key}}))" for code in codes])
        else:
            for code in codes:
                text.line(inner, f"{text.name_of(writer)}(add, {code!r}, {value})")


@cache
def extractor(resource_type: str) -> Extractor:
    """The function from a resource to its index rows."""
    return _compiled(resource_type, indexed_parameters(resource_type))


@cache
def text_extractor(resource_type: str, parameter: SearchParameter) -> Extractor:
    """As `extractor`, for the texts of one token parameter: what :text searches."""
    return _compiled(resource_type, (replace(parameter, type="text"),))


def _compiled(resource_type: str, parameters: Iterable[SearchParameter]) -> Extractor:
    text, names = source_of(resource_type, parameters)
    scope: dict[str, Any] = {**names, "NEITHER": NEITHER}
    exec(compile(text, f"<search parameters of {resource_type}>", "exec"), scope)
    made: Extractor = scope["extract"]
    return made
