"""$meta, $meta-add, $meta-delete: profiles, tags and security labels. https://hl7.org/fhir/R4/resource-operation-meta.html"""

import json
from collections.abc import Iterator
from typing import Any

from fhir_r4 import Invalid, NotFound, Request, Response, parse_exact
from fhir_server.answer import json_answer
from fhir_server.interactions.writing import labelled, prepared
from fhir_server.operations.parameters import asked_of
from fhir_server.store import EpisodeStore, Version

_LABELS = ("profile", "security", "tag")
_decode = json.JSONDecoder().raw_decode


def meta(
    store: EpisodeStore,
    request: Request,
    resource_type: str | None = None,
    id: str | None = None,
    number: str | None = None,
) -> Response:
    """Of one resource, or every label that resources of a type, or all, have."""
    if id is None:
        names = store.types() if resource_type is None else [resource_type]
        return _answer(_union(store, names))
    assert resource_type is not None
    return _answer(_meta_of(store, resource_type, id, _version(store, resource_type, id, number)))


def meta_add(store: EpisodeStore, request: Request, resource_type: str, id: str, number: str | None = None) -> Response:
    """Adds labels to a resource without a new version, as HAPI does."""
    return _changed(store, request, resource_type, id, number, added=True)


def meta_delete(
    store: EpisodeStore, request: Request, resource_type: str, id: str, number: str | None = None
) -> Response:
    return _changed(store, request, resource_type, id, number, added=False)


def _changed(
    store: EpisodeStore, request: Request, resource_type: str, id: str, number: str | None, *, added: bool
) -> Response:
    given = next((node["valueMeta"] for node in asked_of(request).nodes if "valueMeta" in node), None)
    if given is None:
        raise Invalid("HAPI-0554: Input contains no parameter with name 'meta'", issue="processing")
    version = _version(store, resource_type, id, number)
    if version.is_gone:
        return _answer(_meta_of(store, resource_type, id, version))
    node = parse_exact(version.blob)
    old = node.get("meta", {})
    labels = {name: _merged(old.get(name, []), given.get(name, []), added=added) for name in _LABELS}
    kept = {name: value for name, value in (old | labels).items() if value}
    write = prepared({name: value for name, value in node.items() if name != "meta"} | {"meta": kept}, id)
    if write.blob != version.blob:
        version = store.relabel(write, version.number)
    return _answer(_meta_of(store, resource_type, id, version))


def _merged(old: list[Any], given: list[Any], *, added: bool) -> list[Any]:
    named = {_key(label) for label in given}
    if not added:
        return [label for label in old if _key(label) not in named]
    present = {_key(label) for label in old}
    return [*old, *(label for label in given if _key(label) not in present)]


def _key(label: Any) -> tuple[str, str]:
    return ("", label) if isinstance(label, str) else (label.get("system", ""), label.get("code", ""))


def _version(store: EpisodeStore, resource_type: str, id: str, number: str | None) -> Version:
    version = store.current(resource_type, id)
    if version is None:
        raise NotFound(f"HAPI-2001: Resource {resource_type}/{id} is not known", issue="processing")
    if number is None:
        return version
    found = store.version(resource_type, id, int(number[:9])) if number.isascii() and number.isdigit() else None
    if found is None:
        raise NotFound(
            f'HAPI-0979: Version "{number}" is not valid for resource {resource_type}/{id}', issue="processing"
        )
    return found


def _meta_of(store: EpisodeStore, resource_type: str, id: str, version: Version) -> dict[str, Any]:
    """A deletion keeps the labels of what was deleted."""
    written = labelled(store, resource_type, id, version)
    assert written is not None
    found: dict[str, Any] = parse_exact(written.json)["meta"]
    return found | {"versionId": str(version.number)}


def _union(store: EpisodeStore, names: list[str]) -> dict[str, Any]:
    labels: dict[str, dict[tuple[str, str], Any]] = {name: {} for name in _LABELS}
    for given in _metas(store, names):
        for name in _LABELS:
            for label in given.get(name, ()):
                labels[name].setdefault(_key(label), label)
    return {name: [rows[key] for key in sorted(rows)] for name, rows in labels.items() if rows}


def _metas(store: EpisodeStore, names: list[str]) -> Iterator[dict[str, Any]]:
    """The meta of every current resource that has one."""
    for name in names:
        for segment, hidden in store.layers(name):
            for n, at in enumerate(segment.offsets):
                if at and n not in hidden:
                    yield _decode(segment.json(n)[at - 1 :].decode())[0]


def _answer(found: dict[str, Any]) -> Response:
    return json_answer({"resourceType": "Parameters", "parameter": [{"name": "return", "valueMeta": found}]})
