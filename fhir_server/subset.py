"""The part of a resource that `_elements` or `_summary` asks for, tagged SUBSETTED, as HAPI 8.8 cuts it.

A name without a type concerns the type that was searched, on a further page every type; `Patient.birthDate` also
concerns included Patients. https://hl7.org/fhir/R4/search.html#elements https://hl7.org/fhir/R4/search.html#summary
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from fhir_r4 import Part, choices, elements, mandatory_elements, parse_exact, summary_elements
from fhir_server.exact import dump

TAG = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "Resource encoded in summary mode",
}
_ALWAYS = frozenset({"resourceType", "id", "meta"})

Cut = Callable[[bytes], bytes]
Node = dict[str, Any]


@lru_cache(maxsize=2048)
def cut_of(part: Part, resource_type: str, searched: str) -> Cut | None:
    """How to cut resources of a type; None to leave them whole. searched: `*` for any type."""
    if part.elements is not None:
        paths = _paths(part.elements, resource_type, searched)
        return None if paths is None else partial(_cut, partial(_keep, paths=paths))
    if part.summary is None:
        return None
    return partial(_cut, {"true": _summary, "data": _data, "text": _text}[part.summary])


def _paths(names: tuple[str, ...], resource_type: str, searched: str) -> frozenset[str] | None:
    """The paths below one type, the empty one for all of it; None if the names concern only other types."""
    typed = [name if name[:1].isupper() or name[0] == "*" else f"{searched}.{name}" for name in names]
    heads = [name.partition(".") for name in typed]
    own = frozenset(path for head, _, path in heads if head in (resource_type, "*"))
    return own if own else None


def _cut(keep: Callable[[Node, str], Node], resource: bytes) -> bytes:
    node = parse_exact(resource)
    kept = {name: node[name] for name in _ALWAYS if name in node} | keep(node, node["resourceType"])
    meta = kept.get("meta", {})
    kept["meta"] = meta | {"tag": [*meta.get("tag", ()), TAG]}
    return dump(kept)


def _keep(node: Node, type_name: str, paths: frozenset[str]) -> Node:
    if "" in paths:
        return node
    kept: Node = {}
    rests: dict[str, set[str]] = {}
    for path in paths:
        name, _, rest = path.partition(".")
        rests.setdefault(name, set()).add(rest)
    for name, below in rests.items():
        for element in choices(type_name, name):
            for key in (element.name, f"_{element.name}"):
                if key in node and key not in _ALWAYS:
                    inside = partial(_keep, paths=frozenset(below))
                    kept[key] = _each(node[key], inside, element.type) if "" not in below else node[key]
    return kept


def _each(value: Any, keep: Callable[[Node, str], Node], type_name: str) -> Any:
    if isinstance(value, list):
        return [_each(item, keep, type_name) for item in value]
    return keep(value, value.get("resourceType", type_name)) if isinstance(value, dict) else value


def _summary(node: Node, type_name: str) -> Node:
    shown, members = summary_elements(type_name), elements(type_name)
    return {
        key: _each(value, _summary, members[key].type) if key in members else value
        for key, value in node.items()
        if key in shown or key in ("resourceType", "id")
    }


def _data(node: Node, type_name: str) -> Node:
    return {key: value for key, value in node.items() if key != "text"}


def _text(node: Node, type_name: str) -> Node:
    shown = mandatory_elements(type_name) | {"text"}
    return {key: value for key, value in node.items() if key.lstrip("_") in shown}
