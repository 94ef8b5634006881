"""Composite parameters by the specification: both parts hold in one and the same element of the resource."""

from collections.abc import Callable, Collection

import orjson

from fhir_r4 import Clause, SearchParameter, Tied, search_parameters
from fhir_server.evaluation import index_of, values_at
from fhir_server.index import Narrow, narrowed
from fhir_server.segment import Segment


def tied_test(condition: Tied, segment: Segment) -> tuple[Collection[int] | None, Narrow]:
    """A plan of `match`: no posting, and a test that reads the documents."""
    resource_type = segment.resource_type
    parts = [(search_parameters(resource_type)[code], text) for code, text in condition.parameter.components]

    def holds(n: int) -> bool:
        resource = orjson.loads(segment.json(n))
        elements = values_at(resource, resource_type, condition.parameter.expression)
        return any(_meets(value, name, parts, condition) for value, name, _ in elements)

    return None, narrowed(holds)


def _meets(value: object, type_name: str, parts: list[tuple[SearchParameter, str]], condition: Tied) -> bool:
    indexes = [
        index_of(value, type_name, parameter, " | ".join(f"Element.{part}" for part in text.split(" | ")))
        for parameter, text in parts
    ]
    return any(
        all(_met(index.select(clause), index.test, clause) for index, clause in zip(indexes, pair, strict=True))
        for pair in condition.pairs
    )


def _met(posting: Collection[int] | None, test: Callable[[Clause], Callable[[int], bool]], clause: Clause) -> bool:
    return test(clause)(0) if posting is None else 0 in posting
