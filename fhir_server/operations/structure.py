"""What is wrong with a resource as JSON: unknown names, lists where one value belongs, objects without content.

The texts and their order are those of the HL7 validator that HAPI 8.8 carries.
"""

from collections.abc import Iterator
from typing import Any

from fhir_r4 import Element, members, primitives
from fhir_server.operations.issues import Issue, issue_at
from fhir_server.operations.placed import Number, Placed


def structure_issues(node: Placed, path: str, type_name: str) -> Iterator[Issue]:
    """Members in the order of the definition, then unknown names as written."""
    assert isinstance(node.value, dict)
    known = {"resourceType"}
    for member in members(type_name):
        forms = [form for form in member.forms if form.name in node.value or f"_{form.name}" in node.value]
        if forms:
            known |= {forms[0].name, f"_{forms[0].name}"}
            if forms[0].name in node.value:
                yield from _member(node.value[forms[0].name], forms[0], path, f"{path}.{member.name}")
    if not node.value:
        yield issue_at("error", "Object must have some content", path, node)
    for name, value in node.value.items():
        if name not in known:
            yield issue_at("error", f"Unrecognized property '{name}'", path, value)


def _member(value: Placed, element: Element, parent: str, path: str) -> Iterator[Issue]:
    if not element.repeats:
        yield from _one(value, element, path)
        return
    if not isinstance(value.value, list):
        text = f"The property {element.name} must be a JSON Array, not {value.kind} (at {parent})"
        yield issue_at("error", text, path, value)
        yield from _one(value, element, path)
    elif not value.value:
        text = "Array cannot be empty - the property should not be present if it has no values"
        yield issue_at("error", text, path, value)
    else:
        for n, item in enumerate(value.value):
            yield from _one(item, element, f"{path}[{n}]")


def _one(value: Placed, element: Element, path: str) -> Iterator[Issue]:
    primitive = primitives().get(element.type)
    if primitive is not None:
        yield from _primitive(value, element, primitive.json, path)
    elif isinstance(value.value, dict):
        yield from structure_issues(value, path, _type_of(value.value, element))
    else:
        shape = "Array" if element.repeats else "Object"
        text = f"The property {element.name} must be an {shape}, not {value.kind} (at {path})"
        yield issue_at("error", text, path, value)


def _type_of(value: dict[str, Placed], element: Element) -> str:
    if element.type != "Resource":
        return element.type
    return str(value["resourceType"].value) if "resourceType" in value else "Resource"


def _primitive(value: Placed, element: Element, kind: str, path: str) -> Iterator[Issue]:
    if isinstance(value.value, (dict, list)) or (value.value is None and not element.repeats):
        text = f"This property must be a simple value, not {value.kind} ({element.name} at {path})"
        yield issue_at("error", text, path, value)
    elif value.value is not None and _json_kind(value.value) != kind:
        yield issue_at("error", f"Error parsing JSON: the primitive value must be a {kind}", path, value)


def _json_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, Number) else "string"
