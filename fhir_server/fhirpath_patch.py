"""FHIRPath Patch: a Parameters resource whose operations add, insert, delete, replace or move what paths select.

https://hl7.org/fhir/R4/fhirpatch.html
"""

import copy
from typing import Any

from fhir_r4 import Element, Invalid, choices
from fhir_server.growth import MOST_VALUES, check_operations, size_of
from fhir_server.path import BadPathError, Node, read_path, root_node, select
from fhir_server.primitives import is_primitive

Part = dict[str, Any]


def apply_fhirpath_patch(resource: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """A patched copy. Raises Invalid for a patch that is none or does not fit."""
    check_operations(len(patch.get("parameter", ())))
    patched, most = copy.deepcopy(resource), size_of(resource) + MOST_VALUES
    problems: list[str] = []
    for parameter in patch.get("parameter", ()):
        if parameter.get("name") != "operation":
            problems.append(f"Unknown patch parameter name: {parameter.get('name')}")
            continue
        problem = _apply(patched, {part["name"]: part for part in parameter.get("part", ()) if "name" in part})
        if problem:
            problems.append(problem)
        size_of(patched, most=most)
    if problems:
        raise Invalid(f"HAPI-1267: [{', '.join(problems)}]", issue="processing")
    return patched


def _apply(resource: dict[str, Any], parts: dict[str, Part]) -> str | None:
    """Changes the resource; returns what is wrong, if something is."""
    kind = str(_value_of(parts.get("type", {})) or "")
    operation = _OPERATIONS.get(kind)
    return operation(resource, parts) if operation else f"Unknown patch operation type: {kind}"


def _value_of(part: Part) -> Any:
    return next((value for name, value in part.items() if name.startswith("value")), None)


def _path_of(parts: dict[str, Part]) -> str:
    return str(_value_of(parts.get("path", {})) or "")


def _index_of(parts: dict[str, Part], name: str, operation: str) -> int:
    value = _value_of(parts.get(name, {}))
    if not isinstance(value, int):
        raise Invalid(f"No index supplied for {operation} operation", issue="processing")
    return value


def _selected(resource: dict[str, Any], path: str) -> list[Node]:
    try:
        return select(read_path(path), [root_node(resource)])
    except BadPathError:
        raise Invalid(f"HAPI-2726:  {path} is not a valid fhir path", issue="processing") from None


def _holders(resource: dict[str, Any], path: str) -> list[Node]:
    """What a path selects, as far as it can hold elements."""
    return [node for node in _selected(resource, path) if isinstance(node.value, dict)]


def _element(node: Node, name: str) -> Element:
    found = choices(node.type, name)
    if not found:
        raise Invalid(f"HAPI-2719:  {node.type} has no element {name}", issue="processing")
    return found[0]


def _new_value(node: Node, name: str, part: Part) -> tuple[Element, Any]:
    """The element to set and the value, in the form that JSON has there."""
    forms = choices(node.type, name)
    if not forms:
        raise Invalid(f"HAPI-2719:  {node.type} has no element {name}", issue="processing")
    given = next((key for key in part if key.startswith("value")), None)
    if given is None:
        return forms[0], _built(forms[0].type, part.get("part", ()))
    exact = [form for form in forms if form.type.lower() == given[5:].lower()]
    return (exact or list(forms))[0], part[given]


def _built(type_name: str, parts: list[Part]) -> dict[str, Any]:
    """A complex value that a patch spells out part by part."""
    built: dict[str, Any] = {}
    holder = Node(built, None, "", None, type_name)
    for part in parts:
        if part.get("name"):
            element, value = _new_value(holder, part["name"], part)
            if element.repeats:
                built.setdefault(element.name, []).append(value)
            else:
                built[element.name] = value
    return built


def _clear(node: Node, name: str) -> None:
    for form in choices(node.type, name):
        node.value.pop(form.name, None)


def _set(node: Node, name: str, part: Part) -> None:
    element, value = _new_value(node, name, part)
    if element.repeats:
        node.value.setdefault(element.name, []).append(value)
    else:
        _clear(node, name)
        node.value[element.name] = value


def _add(resource: dict[str, Any], parts: dict[str, Part]) -> str | None:
    path, name = _path_of(parts), str(_value_of(parts.get("name", {})) or "")
    nodes = _holders(resource, path)
    for node in nodes:
        _set(node, name, parts.get("value", {}))
    return None if nodes else f"No content found at {path} when adding"


def _insert(resource: dict[str, Any], parts: dict[str, Part]) -> str | None:
    path = _path_of(parts)
    containing, dot, name = path.rpartition(".")
    if not dot:
        return f"Invalid path for insert operation (must point to a repeatable element): {path}"
    index = _index_of(parts, "index", "insert")
    for node in _holders(resource, containing):
        element, value = _new_value(node, name, parts.get("value", {}))
        if not element.repeats:
            return f"Invalid path for insert operation (must point to a repeatable element): {path}"
        existing = list(node.value.get(element.name, ()))
        if not 0 <= index <= len(existing):
            return f"Invalid insert index {index} for path {path} - Only have {len(existing)} existing entries"
        existing.insert(index, value)
        node.value[element.name] = existing
    return None


def _delete(resource: dict[str, Any], parts: dict[str, Part]) -> str | None:
    path = _path_of(parts)
    nodes = _selected(resource, path)
    several = _value_of(parts.get("allowMultipleMatches", {})) is True
    if len(nodes) > 1 and not several:
        return f"Multiple elements found at {path} when deleting"
    for node in reversed(nodes):
        if node.holder is None:
            for name in set(resource) - {"resourceType", "id", "meta"}:
                del resource[name]
        elif node.index is None:
            del node.holder[node.name]
        else:
            del node.holder[node.name][node.index]
    return None


def _replace(resource: dict[str, Any], parts: dict[str, Part]) -> str | None:
    path, part = _path_of(parts), parts.get("value", {})
    nodes = _selected(resource, path)
    if path.partition(".")[0] != resource["resourceType"]:
        if "." not in path:
            raise Invalid("HAPI-2719:  No runtime definition found for patch operation.", issue="processing")
        nodes = []
    if not nodes:
        raise Invalid(f"HAPI-2761: No element matches the specified path: {path}", issue="processing")
    if len(nodes) > 1:
        raise Invalid(f"HAPI-2704:  FhirPath returns more than 1 element: {path}", issue="processing")
    node = nodes[0]
    if node.holder is None:
        return " No valid replacement value for patch operation."
    given = next((key for key in part if key.startswith("value")), None)
    if given is not None:
        _put(node, given[5:], part[given])
    elif "part" in part and isinstance(node.value, dict):
        for inner in part["part"]:
            element, value = _new_value(node, inner.get("name", ""), inner)
            node.value[element.name] = [value] if element.repeats else value
    else:
        return " No valid replacement value for patch operation."
    return None


def _put(node: Node, type_name: str, value: Any) -> None:
    """Put a value in the place of a node; a choice changes its name with its type."""
    assert node.holder is not None
    if node.index is not None:
        node.holder[node.name][node.index] = value
        return
    stem = node.name[: -len(node.type)] if node.name.lower().endswith(node.type.lower()) else ""
    is_choice = (
        bool(stem)
        and node.name not in ("", node.type)
        and is_primitive(node.type) == is_primitive(type_name[:1].lower() + type_name[1:])
    )
    if is_choice and type_name.lower() != node.type.lower() and _is_form(stem, node):
        del node.holder[node.name]
        node.holder[stem + type_name] = value
    else:
        node.holder[node.name] = value


def _is_form(stem: str, node: Node) -> bool:
    return node.name == stem + node.type[:1].upper() + node.type[1:]


def _move(resource: dict[str, Any], parts: dict[str, Part]) -> str | None:
    path = _path_of(parts)
    containing, _, name = path.rpartition(".")
    target, source = _index_of(parts, "destination", "move"), _index_of(parts, "source", "move")
    for node in _holders(resource, containing):
        if not _element(node, name).repeats:
            return f"Invalid path for move operation (must point to a repeatable element): {path}"
        existing = list(node.value.get(_element(node, name).name, ()))
        if not 0 <= source < len(existing):
            raise Invalid(
                f"HAPI-1268: Invalid move source index {source} for path {path} - "
                f"Only have {len(existing)} existing entries",
                issue="processing",
            )
        value = existing.pop(source)
        if not 0 <= target <= len(existing):
            raise Invalid(
                f"HAPI-1269: Invalid move destination index {target} for path {path} - "
                f"Only have {len(existing)} existing entries",
                issue="processing",
            )
        existing.insert(target, value)
        node.value[_element(node, name).name] = existing
    return None


_OPERATIONS = {"add": _add, "insert": _insert, "delete": _delete, "replace": _replace, "move": _move}
