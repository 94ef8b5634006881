"""Are generated resources valid R4? The R4B models of fhir.resources, and our own tables for what they do not see.

The models do not check required codes or reference targets, and R4B allows more subjects of an Observation than R4.
https://hl7.org/fhir/R4/validation.html
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from pydantic import ValidationError

from fhir_r4 import (
    Element,
    World,
    elements,
    is_resource_type,
    parse_reference,
    primitives,
    reference_of,
    references_in,
)

Json = dict[str, Any]
_SLOW_PATTERNS = ("base64Binary", "xhtml")
"""The models check these."""
_DATED = ("date", "dateTime", "instant")


def validate_resource(resource: bytes | Json) -> list[str]:
    """What is wrong with it, as `path: problem`; empty if it is valid R4 as far as the tables and models see."""
    node: Json = orjson.loads(resource) if isinstance(resource, bytes) else resource
    kind = node.get("resourceType")
    if not isinstance(kind, str) or not is_resource_type(kind):
        return [f"resourceType: {kind!r} is not an R4 resource type"]
    return [*_model_problems(kind, node), *_table_problems(node, kind, kind)]


def dangling_references(world: World) -> list[str]:
    """`from -> to` for each literal reference to a resource that the world does not hold; sorted."""
    known: set[str] = set()
    wanted: set[tuple[str, str]] = set()
    for blob in world.resources:
        node = orjson.loads(blob)
        source = reference_of(node)
        known.add(source)
        wanted.update((source, target) for target in references_in(node))
    return sorted(f"{source} -> {target}" for source, target in wanted if target not in known)


class ShapeMemo:
    """Validates the first resource of each shape (keys and JSON types, at every depth); the others cost a look-up."""

    def __init__(self) -> None:
        self._seen: set[Any] = set()

    @property
    def shapes(self) -> int:
        """How many different shapes were met."""
        return len(self._seen)

    def problems(self, resource: bytes) -> list[str]:
        """As `validate_resource`, or nothing if the shape was met before."""
        node = orjson.loads(resource)
        shape = node["resourceType"], _shape(node)
        if shape in self._seen:
            return []
        self._seen.add(shape)
        return [f"{reference_of(node)} {problem}" for problem in validate_resource(node)]

    def problems_in(self, world: World) -> list[str]:
        return [problem for blob in world.resources for problem in self.problems(blob)]


def _shape(node: Any) -> Any:
    if isinstance(node, dict):
        return tuple((key, _shape(value)) for key, value in node.items())
    if isinstance(node, list):
        return frozenset(map(_shape, node))
    return type(node)


def _model_problems(kind: str, node: Json) -> list[str]:
    from fhir.resources.R4B import get_fhir_model_class  # slow to import: only who validates pays

    try:
        get_fhir_model_class(kind).model_validate(node)
    except ValidationError as error:
        return [f"{kind}.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return []


def _table_problems(node: Json, type_name: str, path: str) -> Iterator[str]:
    members = elements(type_name)
    for key, value in node.items():
        if key == "resourceType":
            continue
        element = members.get(key.removeprefix("_"))
        where = f"{path}.{key}"
        if element is None:
            yield f"{where}: R4 has no such element"
        elif not key.startswith("_"):
            for one in value if isinstance(value, list) else [value]:
                yield from _value_problems(one, element, type_name, where)


def _value_problems(value: Any, element: Element, owner: str, where: str) -> Iterator[str]:
    if element.codes is not None and value not in element.codes:
        yield f"{where}: {value!r} is not one of {', '.join(sorted(element.codes))}"
    bound = _required_concepts().get(f"{owner}.{element.name}")
    if bound is not None and not _is_bound(value, bound):
        yield f"{where}: no coding of the required value set"
    if not isinstance(value, dict):
        yield from _primitive_problems(value, element, where)
    elif element.type == "Reference":
        yield from _reference_problems(value, element, where)
    else:
        inner = value.get("resourceType") if element.type == "Resource" else element.type
        yield from _table_problems(value, inner or element.type, where)


def _primitive_problems(value: Any, element: Element, where: str) -> Iterator[str]:
    primitive = primitives().get(element.type)
    if primitive is None or element.type in _SLOW_PATTERNS or not isinstance(value, str):
        return
    if not primitive.pattern.fullmatch(value) or (element.type in _DATED and not _is_on_the_calendar(value[:10])):
        yield f"{where}: {value!r} is not a {element.type}"


@cache
def _is_on_the_calendar(day: str) -> bool:
    """day: as its pattern allows, whole or a part."""
    try:
        date.fromisoformat(f"{day}-01-01"[:10])
    except ValueError:
        return False
    return True


def _reference_problems(value: Json, element: Element, where: str) -> Iterator[str]:
    target = parse_reference(value.get("reference", ""))
    allowed = element.targets
    if target is not None and "Resource" not in allowed and target.type not in allowed:
        yield f"{where}: {target.type} is not one of {', '.join(allowed)}"


def _is_bound(value: Any, bound: Mapping[str, list[str]]) -> bool:
    if not isinstance(value, dict):
        return False
    codings = value.get("coding", []) if "coding" in value or "text" in value else [value]
    return any(one.get("code") in bound.get(one.get("system", ""), ()) for one in codings)


@cache
def _required_concepts() -> Mapping[str, Mapping[str, list[str]]]:
    """`Type.element` -> system -> codes. Callers do not change it."""
    table: Mapping[str, Mapping[str, list[str]]] = orjson.loads(
        (files("fhir_seed") / "definitions" / "required-concepts.json").read_bytes()
    )
    return table
