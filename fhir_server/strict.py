"""What HAPI's strict parser refuses beyond its lenient one: unknown elements and values of the wrong JSON kind.

The result of a JSON Patch is read strictly.
"""

from typing import Any

from fhir_r4 import elements
from fhir_server.lenient import UnreadableError
from fhir_server.primitives import is_primitive


def check_strict(node: Any, resource_type: str) -> None:
    """Raises UnreadableError for a resource of this type that is not well formed."""
    if not isinstance(node, dict):
        first = "n" if node is None else str(node)[:1]
        raise UnreadableError(
            "HAPI-1861: Failed to parse JSON encoded FHIR content: HAPI-1859: Content does not appear to be FHIR JSON, "
            f"first non-whitespace character was: '{first}' (must be '{{')"
        )
    name = node.get("resourceType")
    if not isinstance(name, str) or not name:
        raise UnreadableError("HAPI-1838: Invalid JSON content detected, missing required element: 'resourceType'")
    if name != resource_type:
        raise UnreadableError(
            f'HAPI-1814: Incorrect resource type found, expected "{resource_type}" but found "{name}"'
        )
    _check_members(node, name)


def _check_members(node: dict[str, Any], type_name: str) -> None:
    known = elements(type_name)
    for name, value in node.items():
        if name == "resourceType":
            continue
        element = known.get(name.removeprefix("_"))
        if element is None:
            raise UnreadableError(f"HAPI-1825: Unknown element '{name}' found during parse")
        if name[0] == "_":
            continue
        values = value if isinstance(value, list) else [value]
        if not element.repeats and len(values) > 1:
            raise UnreadableError(
                f"HAPI-1823: Multiple repetitions of non-repeatable element '{name}' found during parse"
            )
        if element.repeats and isinstance(value, dict):
            raise UnreadableError(_wrong(name, "ARRAY", "OBJECT"))
        for item in values:
            _check_value(item, name, element.type)


def _check_value(value: Any, name: str, type_name: str) -> None:
    if value is None:
        return
    if is_primitive(type_name):
        if value == "":
            raise UnreadableError(
                f'HAPI-1821: [element="{name}"] Invalid attribute value "": Attribute value must not be empty ("")'
            )
        if isinstance(value, dict):
            raise UnreadableError(_wrong(name, "SCALAR", "OBJECT"))
    elif not isinstance(value, dict):
        raise UnreadableError(_wrong(name, "OBJECT", "SCALAR (STRING)"))
    else:
        inner = value.get("resourceType") if type_name == "Resource" else type_name
        _check_members(value, inner if isinstance(inner, str) else type_name)


def _wrong(name: str, expected: str, found: str) -> str:
    return f"HAPI-1820: Found incorrect type for element {name} - Expected {expected} and found {found}"
