"""JSON Patch (RFC 6902) on JSON whose decimals are kept as written, with the words of the library HAPI uses.

Written here because the common Python library compares decimals kept as text with strings, and names failures
otherwise than HAPI, whose clients read them. https://www.rfc-editor.org/rfc/rfc6902
"""

import copy
from collections.abc import Callable
from typing import Any

from fhir_r4 import Invalid, WrittenNumber
from fhir_server.exact import dump
from fhir_server.growth import Growth

_CLASS = "com.github.fge.jsonpatch.operation.JsonPatchOperation"
_NO_PATH = "no such path in target JSON document"
_UNKNOWN = "at [Source: UNKNOWN; byte offset: #UNKNOWN]"
_LONGEST_INDEX = 9
_TOKENS = {dict: ("Object", "FIELD_NAME"), str: ("String", "VALUE_STRING"), int: ("Integer", "VALUE_NUMBER_INT")}

Pointer = list[str]


def apply_json_patch(document: Any, operations: Any) -> Any:
    """A patched copy. Raises Invalid (HAPI-1272) for a patch that is none or does not fit; `document` is kept."""
    if not isinstance(operations, list):
        kind, token = _TOKENS.get(type(operations), ("Floating-point", "VALUE_NUMBER_FLOAT"))
        raise _refused(
            f"Cannot deserialize value of type `java.util.ArrayList<{_CLASS}>` from {kind} value "
            f"(token `JsonToken.{token}`)\n {_UNKNOWN}"
        )
    growth = Growth(len(operations))
    steps = [_read(number, operation, growth) for number, operation in enumerate(operations)]
    patched = copy.deepcopy(document)
    for step in steps:
        patched = step(patched)
    return patched


def _refused(reason: str) -> Invalid:
    return Invalid(f"HAPI-1272: {reason}", issue="processing")


def _read(number: int, operation: Any, growth: Growth) -> Callable[[Any], Any]:
    chain = f"(through reference chain: java.util.ArrayList[{number}]"
    name = operation.get("op") if isinstance(operation, dict) else None
    if name is None:
        raise _refused(
            f"Could not resolve subtype of [simple type, class {_CLASS}]: missing type id property 'op' "
            f"(for POJO property '#temporary-name')\n {_UNKNOWN} {chain})"
        )
    if not isinstance(name, str) or name not in _OPERATIONS:
        raise _refused(
            f"Could not resolve type id '{name}' as a subtype of `{_CLASS}`: known type ids = [add, copy, move, "
            f"remove, replace, test] (for POJO property '#temporary-name')\n {_UNKNOWN} {chain})"
        )
    java = f"com.github.fge.jsonpatch.operation.{name.capitalize()}Operation"
    path = _pointer(operation, "path", java, chain)
    if name in ("move", "copy"):
        source = _pointer(operation, "from", java, chain)
        return lambda document: _OPERATIONS[name](_grown(document, path, source, growth), path, source)
    if name == "remove":
        return lambda document: _remove(document, path, None)
    if "value" not in operation:
        raise _refused(
            f"Cannot construct instance of `{java}`, problem: the operation {name} needs a value\n {_UNKNOWN} {chain})"
        )
    growth.add(operation["value"], len(path))
    return lambda document: _OPERATIONS[name](document, path, operation["value"])


def _grown(document: Any, path: Pointer, source: Pointer, growth: Growth) -> Any:
    """The document, once what is copied or moved within it is counted."""
    growth.add(_get(document, source), len(path))
    return document


def _pointer(operation: dict[str, Any], member: str, java: str, chain: str) -> Pointer:
    text = operation.get(member)
    if not isinstance(text, str):
        raise _refused(f"every {operation['op']} needs a {member}, which is a JSON Pointer such as /gender")
    if text and text[0] != "/":
        raise _refused(
            "Cannot construct instance of `com.github.fge.jackson.jsonpointer.JsonPointer`, problem: illegal pointer: "
            f'expected a slash to separate tokens\n {_UNKNOWN} {chain}->{java}["{member}"])'
        )
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _index(token: str, size: int) -> int | None:
    """The place in a list that a token names, if it has one."""
    if not token.isascii() or not token.isdigit() or (token[0] == "0" and token != "0") or len(token) > _LONGEST_INDEX:
        return None
    return int(token) if int(token) < size else None


def _get(document: Any, path: Pointer) -> Any:
    for token in path:
        if isinstance(document, dict) and token in document:
            document = document[token]
            continue
        at = _index(token, len(document)) if isinstance(document, list) else None
        if at is None:
            raise _refused(_NO_PATH)
        document = document[at]
    return document


def _add(document: Any, path: Pointer, value: Any) -> Any:
    if not path:
        return value
    try:
        parent = _get(document, path[:-1])
    except Invalid:
        raise _refused("parent of node to add does not exist") from None
    token = path[-1]
    if isinstance(parent, dict):
        parent[token] = copy.deepcopy(value)
    elif isinstance(parent, list):
        parent.insert(_insertion(token, len(parent)), copy.deepcopy(value))
    else:
        raise _refused("parent of path to add to is not a container")
    return document


def _insertion(token: str, size: int) -> int:
    if token == "-":
        return size
    if not token.isascii() or not token.isdigit():
        raise _refused("reference token is not an array index")
    at = _index(token, size + 1)
    if at is None:
        raise _refused("no such index in target array")
    return at


def _remove(document: Any, path: Pointer, _: Any) -> Any:
    _get(document, path)
    if not path:
        return None
    parent = _get(document, path[:-1])
    del parent[path[-1] if isinstance(parent, dict) else int(path[-1])]
    return document


def _replace(document: Any, path: Pointer, value: Any) -> Any:
    _get(document, path)
    if not path:
        return value
    parent = _get(document, path[:-1])
    parent[path[-1] if isinstance(parent, dict) else int(path[-1])] = copy.deepcopy(value)
    return document


def _move(document: Any, path: Pointer, source: Pointer) -> Any:
    value = _get(document, source)
    return document if path == source else _add(_remove(document, source, None), path, value)


def _copy(document: Any, path: Pointer, source: Pointer) -> Any:
    return _add(document, path, _get(document, source))


def _test(document: Any, path: Pointer, value: Any) -> Any:
    if not _equal(_get(document, path), value):
        raise _refused("value differs from expectations")
    return document


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if _is_number(one) and _is_number(other):
        return _comparable(one) == _comparable(other)
    return dump(one) == dump(other)


def _comparable(value: int | WrittenNumber) -> float:
    return value if isinstance(value, int) else float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, WrittenNumber)) and not isinstance(value, bool)


_OPERATIONS: dict[str, Callable[[Any, Pointer, Any], Any]] = {
    "add": _add,
    "copy": _copy,
    "move": _move,
    "remove": _remove,
    "replace": _replace,
    "test": _test,
}
