"""The members of a type in the order of its definition. https://hl7.org/fhir/R4/structuredefinition.html"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from fhir_r4.elements import Element, elements
from fhir_r4.summaries import mandatory_elements
from fhir_r4.tables import table


@dataclass(frozen=True, slots=True)
class Member:
    """One element of a type. name: `value[x]` for a choice. forms: the elements that it may be in JSON."""

    name: str
    forms: tuple[Element, ...]
    is_mandatory: bool


@cache
def members(type_name: str) -> tuple[Member, ...]:
    """Inherited ones first; empty for an unknown or primitive type."""
    known = elements(type_name)
    mandatory = mandatory_elements(type_name)
    found = []
    for name in _names(type_name):
        forms = _forms(name, known)
        found.append(Member(name, forms, any(form.name in mandatory for form in forms)))
    return tuple(found)


def _forms(name: str, known: Mapping[str, Element]) -> tuple[Element, ...]:
    if not name.endswith("[x]"):
        return (known[name],)
    stem = name.removesuffix("[x]")
    found = (e for n, e in known.items() if n.startswith(stem) and n[len(stem) :].lower() == e.type.lower())
    return tuple(found)


@cache
def _names(type_name: str) -> tuple[str, ...]:
    own = tuple(table("members").get(type_name, ()))
    base = table("elements").get(type_name, {}).get("base", "")
    return (*_names(base), *own) if base else own
