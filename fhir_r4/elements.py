"""What the R4 specification says of each element: types, whether it repeats, reference targets, required codes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from fhir_r4.problem import NotFound
from fhir_r4.tables import table


@dataclass(frozen=True, slots=True)
class Element:
    """One element as it is named in JSON: `valueQuantity`, never `value[x]`."""

    name: str
    types: tuple[str, ...]
    """Type codes; for backbone elements the path of the backbone, e.g. `Patient.contact`."""
    repeats: bool
    targets: tuple[str, ...]
    """Types that a reference may point to; `Resource` is any."""
    codes: Mapping[str, str] | None
    """The only codes allowed here, each with its system; or None."""

    @property
    def type(self) -> str:
        return self.types[0]


@dataclass(frozen=True, slots=True)
class Primitive:
    """json: `string`, `number` or `boolean`."""

    name: str
    json: str
    pattern: re.Pattern[str]


@cache
def resource_types() -> tuple[str, ...]:
    """Every R4 resource type, sorted."""
    rows = table("elements")
    return tuple(sorted(name for name, row in rows.items() if row["kind"] == "resource" and not row["abstract"]))


@cache
def _known_types() -> frozenset[str]:
    return frozenset(resource_types())


def is_resource_type(name: str) -> bool:
    return name in _known_types()


def require_resource_type(name: str) -> None:
    """Raises NotFound, as HAPI answers, if R4 has no such resource type."""
    if name not in _known_types():
        known = ", ".join(resource_types())
        raise NotFound(
            f"HAPI-0302: Unknown resource type '{name}' - Server knows how to handle: [{known}]", issue="processing"
        )


@cache
def elements(type_name: str) -> Mapping[str, Element]:
    """The elements of a resource, data or backbone type by JSON name, inherited ones included; empty if unknown."""
    row = table("elements").get(type_name)
    if row is None:
        return MappingProxyType({})
    inherited = elements(row["base"]) if row["base"] else {}
    own = {name: _element(name, cells) for name, cells in row["elements"].items()}
    return MappingProxyType({**inherited, **own})


_DEFAULTS: Final[list[Any]] = ["", 0, [], ""]


def _element(name: str, cells: list[Any]) -> Element:
    types, repeats, targets, bound = cells + _DEFAULTS[len(cells) :]
    return Element(name, tuple(types.split("|")), bool(repeats), tuple(targets), _codes(bound) if bound else None)


@cache
def _codes(value_set: str) -> Mapping[str, str]:
    systems = table("required-codes")[value_set]
    return MappingProxyType({code: system for system, codes in systems.items() for code in codes})


def required_codes(value_set: str) -> Mapping[str, tuple[str, ...]] | None:
    """system -> codes of a value set that R4 requires for some element; None if it is not known here."""
    systems = table("required-codes").get(value_set)
    return None if systems is None else MappingProxyType({system: tuple(codes) for system, codes in systems.items()})


@cache
def primitives() -> Mapping[str, Primitive]:
    rows = table("primitives")
    return MappingProxyType(
        {name: Primitive(name, kind, re.compile(pattern or r"[\s\S]*")) for name, (_, pattern, kind) in rows.items()}
    )


def choices(type_name: str, name: str) -> tuple[Element, ...]:
    """The elements that a path step names: itself, or every form of a choice (`value` -> `valueQuantity`, ...)."""
    members = elements(type_name)
    if name in members:
        return (members[name],)
    found = (e for key, e in members.items() if key.startswith(name) and key[len(name) :].lower() == e.type.lower())
    return tuple(found)
