"""$diff: what turns one resource, or version, into another, as a FHIRPath Patch in HAPI's form.

https://hl7.org/fhir/R4/fhirpatch.html
"""

import re
from collections.abc import Iterator
from typing import Any

from fhir_r4 import (
    Element,
    Invalid,
    NotFound,
    Request,
    Response,
    Returned,
    is_resource_type,
    members,
    parse_exact,
    primitives,
)
from fhir_server.answer import CONTENT_TYPE
from fhir_server.exact import dump
from fhir_server.operations.parameters import Asked, asked_of
from fhir_server.store import EpisodeStore

Json = dict[str, Any]
_REFERENCE = re.compile(r"(?P<type>[A-Za-z]+)/(?P<id>[^/]+)(/_history/(?P<number>[^/]+))?")


def difference(store: EpisodeStore, request: Request, resource_type: str = "", id: str = "") -> Response:
    """Between a version and the one before it, or between two resources of one type. Raises Invalid and NotFound."""
    asked = asked_of(request)
    old, new = _of_one(store, asked, resource_type, id) if resource_type else _of_two(store, asked)
    name = new["resourceType"]
    returned: tuple[Returned, ...] = ()
    if old is None:
        rows = [_operation("insert", name, value=("resource", new))]
        returned = (Returned(f"{name}/{new['id']}", new["meta"]["versionId"], full=True),)
    else:
        ignored = () if asked.first("includeMeta") == "true" else ("meta",)
        rows = list(_differences(old, new, name, name, ignored))
    body = {"resourceType": "Parameters", **({"parameter": rows} if rows else {})}
    return Response(200, {"content-type": CONTENT_TYPE}, dump(body), returned)


def _of_one(store: EpisodeStore, asked: Asked, resource_type: str, id: str) -> tuple[Json | None, Json]:
    new = _resource(store, resource_type, id, None)
    number = asked.first("fromVersion")
    if number is not None:
        return _resource(store, resource_type, id, number), new
    last = int(new["meta"]["versionId"])
    return (_resource(store, resource_type, id, str(last - 1)) if last > 1 else None), new


def _of_two(store: EpisodeStore, asked: Asked) -> tuple[Json, Json]:
    ends = [_REFERENCE.fullmatch(asked.first(name) or "") for name in ("from", "to")]
    if not all(ends):
        raise Invalid("$diff needs the parameters from and to: each Type/id, or Type/id/_history/version")
    old, new = (_resource(store, end["type"], end["id"], end["number"]) for end in ends if end)
    if old["resourceType"] != new["resourceType"]:
        raise Invalid("HAPI-1129: Unable to diff two resources of different types", issue="processing")
    return old, new


def _resource(store: EpisodeStore, resource_type: str, id: str, number: str | None) -> Json:
    version = store.current(resource_type, id) if is_resource_type(resource_type) else None
    if version is None:
        raise NotFound(f"HAPI-2001: Resource {resource_type}/{id} is not known", issue="processing")
    if number is not None:
        version = store.version(resource_type, id, int(number[:9])) if number.isascii() and number.isdigit() else None
    if version is None or version.is_gone:
        raise NotFound(
            f'HAPI-0979: Version "{number}" is not valid for resource {resource_type}/{id}', issue="processing"
        )
    found: Json = parse_exact(version.json)
    return found


def _differences(old: Json, new: Json, type_name: str, path: str, ignored: tuple[str, ...] = ()) -> Iterator[Json]:
    """Member by member in the order of the definition; lists item by item."""
    for member in members(type_name):
        if member.name not in ignored:
            before, after = _items(old, member.forms), _items(new, member.forms)
            where = f"{path}.{member.name.removesuffix('[x]')}"
            for n, ((form, one), (other_form, other)) in enumerate(zip(before, after, strict=False)):
                place = f"{where}[{n}]" if form.repeats else where
                yield from _changed(form, one, other_form, other, place)
            for n, (form, _) in enumerate(before[len(after) :], len(after)):
                yield _operation("delete", f"{where}[{n}]" if form.repeats else where)
            for n, (form, value) in enumerate(after[len(before) :], len(before)):
                yield from _inserted(form, value, where, n)


def _items(node: Json, forms: tuple[Element, ...]) -> list[tuple[Element, Any]]:
    found = []
    for form in forms:
        value = node.get(form.name)
        if value is not None:
            found += [(form, item) for item in (value if isinstance(value, list) else [value])]
    return found


def _changed(form: Element, old: Any, new_form: Element, new: Any, path: str) -> Iterator[Json]:
    if form == new_form and isinstance(old, dict) and old.get("resourceType") == new.get("resourceType"):
        yield from _differences(old, new, old.get("resourceType", form.type), path)
    elif (form, old) != (new_form, new):
        yield _operation("replace", path, previous=_value(form, old), value=_value(new_form, new))


def _inserted(form: Element, value: Any, path: str, n: int) -> Iterator[Json]:
    if "." not in form.type:
        yield _operation("insert", path, index=n, value=_value(form, value))
        return
    yield _operation("insert", path, index=n)
    yield from _differences({}, value, form.type, f"{path}[{n}]" if form.repeats else path)


def _value(form: Element, value: Any) -> tuple[str, Any]:
    if form.type == "Resource":
        return "resource", value
    kind = form.type if form.type in primitives() or isinstance(value, dict) else "string"
    return f"value{kind[:1].upper()}{kind[1:]}", value


def _operation(
    kind: str,
    path: str,
    *,
    index: int | None = None,
    previous: tuple[str, Any] | None = None,
    value: tuple[str, Any] | None = None,
) -> Json:
    part: list[Json] = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    if index is not None:
        part.append({"name": "index", "valueInteger": index})
    if previous is not None:
        part.append({"name": "previousValue", previous[0]: previous[1]})
    if value is not None:
        part.append({"name": "value", value[0]: value[1]})
    return {"name": "operation", "part": part}
