"""Copies of resources with a code that a required binding does not allow."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

import fhir_seed
from fhir_r4 import elements

_CONCEPTS = orjson.loads((Path(fhir_seed.__file__).parent / "definitions" / "required-concepts.json").read_bytes())
_NO_CODE = "no-such-code"


def unbound(resources: Iterable[bytes]) -> dict[str, bytes]:
    """`Type.element` that has a required binding in base R4 -> the first resource with it, its code there changed."""
    found: dict[str, bytes] = {}
    for text in resources:
        node = orjson.loads(text)
        for name, holder, key in _bound(node, node["resourceType"]):
            if name not in found:
                found[name] = _changed(node, holder, key, f"unbound-{len(found)}")
    return found


def _bound(node: Any, type_name: str) -> Iterator[tuple[str, Any, str]]:
    members = elements(type_name)
    for key, value in node.items():
        if (element := members.get(key)) is None:
            continue
        name = f"{type_name}.{element.name}"
        if element.codes is not None or name in _CONCEPTS:
            yield name, node, key
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from _bound(one, one.get("resourceType") or element.type)


def _changed(node: Any, holder: Any, key: str, id_: str) -> bytes:
    kept, named = holder[key], node["id"]
    holder[key] = _without_code(kept)
    node["id"] = id_
    text = orjson.dumps(node)
    holder[key], node["id"] = kept, named
    return text


def _without_code(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_code(one) for one in value]
    if isinstance(value, dict):
        return {key: _NO_CODE if key == "code" else _without_code(one) for key, one in value.items()}
    return _NO_CODE
