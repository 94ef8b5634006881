"""Reads a request body as HAPI's lenient parser does.

Refused (400): malformed JSON, a wrong resource type, a primitive that is no such value, a code outside a required value
set. Put right silently: unknown and empty elements are dropped, a single value for a list is wrapped and the other way
round, numbers for strings are written out. Cardinality is not checked. https://hl7.org/fhir/R4/json.html
"""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from fhir_r4 import (
    Element,
    Invalid,
    Request,
    Unsupported,
    WrittenNumber,
    dump_exact,
    elements,
    is_resource_type,
    parse_exact,
    primitives,
    valid_date,
)

_FAILED = "HAPI-0450: Failed to parse request body as JSON resource. Error was: "
_FHIR_JSON = frozenset({"application/fhir+json", "application/json", "application/json+fhir", "text/json"})
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d+")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_LOWEST = {"positiveInt": 1, "unsignedInt": 0}


def require_json(request: Request, operation: str) -> None:
    """Raises Invalid for a missing or foreign content type, Unsupported for XML."""
    given = request.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if not kind:
        raise Invalid(
            "HAPI-0448: No Content-Type header was provided in the request. "
            f'This is required for "{operation}" operation',
            issue="processing",
        )
    if "xml" in kind:
        raise Unsupported(f"{kind} is not offered; send application/fhir+json")
    if kind not in _FHIR_JSON:
        raise Invalid(
            f'HAPI-0449: Incorrect Content-Type header value of "{given}" was provided in the request. '
            f'A FHIR Content-Type is required for "{operation}" operation',
            issue="processing",
        )


def read_resource(body: bytes | None, expected: str) -> dict[str, Any]:
    """The resource in a body, decimals kept as written. Raises Invalid."""
    try:
        return _read(_parse(body or b""), expected)
    except RecursionError:
        raise _refused("HAPI-1861: Failed to parse JSON encoded FHIR content: it is nested too deeply") from None


def _read(node: dict[str, Any], expected: str) -> dict[str, Any]:
    name = node.get("resourceType")
    if name is None:
        raise _refused("HAPI-1838: Invalid JSON content detected, missing required element: 'resourceType'")
    if name != expected:
        raise _refused(f'HAPI-1814: Incorrect resource type found, expected "{expected}" but found "{name}"')
    return _resource(node)


def _parse(body: bytes) -> dict[str, Any]:
    if not body.strip():
        raise _refused(
            "HAPI-1861: Failed to parse JSON encoded FHIR content: HAPI-1857: Did not find any content to parse"
        )
    try:
        node = parse_exact(body.decode())
        if b"\\u" in body:
            dump_exact(node).encode()  # a lone surrogate is no text
    except (json.JSONDecodeError, UnicodeError) as error:
        raise _refused(f"HAPI-1861: Failed to parse JSON encoded FHIR content: {error}") from None
    if not isinstance(node, dict):
        raise _refused(
            "HAPI-1861: Failed to parse JSON encoded FHIR content: HAPI-1859: Content does not appear to be FHIR JSON,"
            " it must be an object"
        )
    return node


def _refused(reason: str) -> Invalid:
    return Invalid(_FAILED + reason, issue="processing")


def without_version(node: dict[str, Any]) -> dict[str, Any]:
    """A resource without meta.versionId and meta.lastUpdated; dumped it is canonical (see `fhir_r4.canonical`)."""
    meta = {key: value for key, value in node.get("meta", {}).items() if key not in ("versionId", "lastUpdated")}
    rest = {key: value for key, value in node.items() if key != "meta"}
    return rest | {"meta": meta} if meta else rest


def _resource(node: dict[str, Any]) -> dict[str, Any]:
    name = node.get("resourceType")
    if not isinstance(name, str) or not is_resource_type(name):
        raise _refused(f"HAPI-1814: Incorrect resource type found: unknown resource type {name!r}")
    return {"resourceType": name, **_members(node, name)}


def _members(node: dict[str, Any], type_name: str) -> dict[str, Any]:
    known = elements(type_name)
    kept: dict[str, Any] = {}
    for name, value in node.items():
        element = known.get(name)
        if element is not None:
            value = _value(value, element, f"_{name}" in node)
            if value is not None:
                kept[name] = value
        elif name[:1] == "_" and name[1:] in known and value:
            kept[name] = value
    return kept


def _value(value: Any, element: Element, has_extension: bool) -> Any:
    """The cleaned value of an element; None to drop it."""
    if not element.repeats:
        if isinstance(value, list):
            value = value[0] if value else None
        return _one(value, element)
    items = value if isinstance(value, list) else [value]
    cleaned = [_one(item, element) for item in items]
    if not has_extension:
        cleaned = [item for item in cleaned if item is not None]
    return cleaned or None


def _one(value: Any, element: Element) -> Any:
    if value is None or value == "":
        return None
    kind = _json_kind(element.type)
    if kind is not None:
        return None if isinstance(value, (dict, list)) else _primitive(value, element, kind)
    if not isinstance(value, dict):
        return None
    if element.type == "Resource":
        return _resource(value)
    return _members(value, element.type) or None


@cache
def _json_kind(type_name: str) -> str | None:
    """`string`, `number` or `boolean` for a primitive type."""
    primitive = primitives().get(type_name)
    return primitive.json if primitive is not None else None


def _primitive(value: Any, element: Element, kind: str) -> Any:
    if kind == "boolean":
        return _boolean(value, element)
    if kind == "number":
        return _number(value, element)
    text = value if type(value) is str else dump_exact(value)
    check = _CHECKS.get(element.type)
    if check is not None and not check(text):
        raise _bad_value(element, text, f'Invalid {element.type} format: "{text}"')
    if element.codes is not None and text not in element.codes:
        raise _bad_value(element, text, f"Unknown code '{text}', the codes are {', '.join(sorted(element.codes)[:40])}")
    return text


def _boolean(value: Any, element: Element) -> bool:
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise _bad_value(element, value, f"Invalid boolean string: '{value}'")


def _number(value: Any, element: Element) -> Any:
    text = str(value)
    if isinstance(value, bool):
        raise _bad_value(element, value, "not a number")
    if element.type == "decimal":
        if not _DECIMAL.fullmatch(text):
            raise _bad_value(element, text, "not a decimal")
        return value if isinstance(value, int) else WrittenNumber(text)
    if not _INTEGER.fullmatch(text) or int(text) < _LOWEST.get(element.type, int(text)):
        raise _bad_value(element, text, f"not a {element.type}")
    return int(text)


def _bad_value(element: Element, value: Any, reason: str) -> Invalid:
    return _refused(f'HAPI-1821: [element="{element.name}"] Invalid attribute value "{value}": {reason}')


def _is_date(text: str) -> bool:
    return len(text) <= 10 and valid_date(text)


def _is_instant(text: str) -> bool:
    return text[16:17] == ":" and valid_date(text)


def _is_base64(text: str) -> bool:
    return _BASE64.fullmatch(text) is not None


_CHECKS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "dateTime": valid_date,
    "instant": _is_instant,
    "base64Binary": _is_base64,
}
