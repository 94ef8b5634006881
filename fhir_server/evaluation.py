"""Follows the paths of search parameters through one resource, step by step: for what is too rare to be compiled."""

from collections.abc import Iterator
from typing import Any

from fhir_r4 import Element, SearchParameter, choices
from fhir_server.expression import Step, read_expression
from fhir_server.index import KINDS, ParameterIndex
from fhir_server.rows import Row, writer_of

Found = tuple[Any, str, Element | None]
"""(value, its type, its element; None for the resource itself)"""


def values_at(value: Any, type_name: str, expression: str) -> Iterator[Found]:
    """The values of an expression that starts at the type of this value."""
    for path in read_expression(expression):
        yield from _follow((value, type_name, None), path.steps)


def _follow(found: Found, steps: tuple[Step, ...]) -> Iterator[Found]:
    if not steps:
        yield found
        return
    step, rest = steps[0], steps[1:]
    value, type_name, _ = found
    for element in choices(type_name, step.name):
        if step.as_type not in (None, element.type):
            continue
        held = value.get(element.name)
        items = [] if held is None else held if element.repeats else [held]
        for item in items if step.index is None else items[step.index : step.index + 1]:
            if _accepts(step, item):
                yield from _follow((item, element.type, element), rest)


def _accepts(step: Step, item: Any) -> bool:
    if step.where and item.get(step.where[0]) != step.where[1]:
        return False
    return step.resolves is None or item.get("reference", "").startswith(step.resolves + "/")


def index_of(value: Any, type_name: str, parameter: SearchParameter, expression: str) -> ParameterIndex:
    """An index of one document, number 0: what the expression finds, indexed as this parameter."""
    index = KINDS[parameter.type]()
    rows: list[Row] = []
    for found, _, element in values_at(value, type_name, expression):
        writer = writer_of(parameter, element) if element is not None else None
        if writer is not None:
            writer(rows.append, parameter.code, found)
    for _, key in rows:
        index.add(0, key)
    return index
