"""The part of a resource that `_elements` asks for, tagged SUBSETTED. https://hl7.org/fhir/R4/search.html#elements

A name without a type concerns the type that was searched; `Patient.birthDate` also concerns included Patients.
"""

from typing import Any

from fhir_r4 import parse_exact
from fhir_server.exact import dump

TAG = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "Resource encoded in summary mode",
}
_ALWAYS = ("resourceType", "id", "meta")


def wanted(elements: tuple[str, ...] | None, resource_type: str, searched: str) -> frozenset[str] | None:
    """The element paths to keep of one type; None to keep everything."""
    if elements is None:
        return None
    own = f"{resource_type}."
    paths = {name.removeprefix(own) for name in elements if name.startswith(own)}
    if resource_type == searched:
        paths |= {name for name in elements if not name[:1].isupper()}
        return frozenset(paths)
    return frozenset(paths) if paths else None


def subset(resource: bytes, paths: frozenset[str]) -> bytes:
    """JSON of the resource with only these elements, its id and its meta."""
    node = parse_exact(resource)
    kept = {name: node[name] for name in _ALWAYS if name in node}
    kept |= _keep(node, paths)
    meta = kept.get("meta", {})
    kept["meta"] = meta | {"tag": [*meta.get("tag", ()), TAG]}
    return dump(kept)


def _keep(node: dict[str, Any], paths: frozenset[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for path in sorted(paths):
        name, _, rest = path.partition(".")
        for key in (name, f"_{name}"):
            if key in node and key not in _ALWAYS:
                kept[key] = _inside(node[key], frozenset({rest})) if rest else node[key]
    return kept


def _inside(value: Any, paths: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_inside(item, paths) for item in value]
    return _keep(value, paths) if isinstance(value, dict) else value
