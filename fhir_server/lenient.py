"""Reads the JSON of a resource as HAPI's lenient parser does.

Refused: a primitive that is no such value, a code outside a required value set, an unknown contained resource.
Put right silently: unknown and empty elements are dropped, a single value for a list is wrapped and of a list for a
single value the first is taken, values of the wrong JSON kind are converted or dropped, of two forms of a choice the
first counts. Cardinality is not checked. https://hl7.org/fhir/R4/json.html
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from fhir_r4 import Element, elements, is_resource_type, table
from fhir_server.exact import dump
from fhir_server.primitives import MalformedError, Reader, any_text, code_reader, is_primitive, reader, text_of


class UnreadableError(Exception):
    """A body that HAPI refuses; the message is HAPI's without its prefix."""


class _Field(NamedTuple):
    """What is read at one JSON name."""

    read: Reader
    repeats: bool
    primitive: bool


def read_members(node: dict[str, Any]) -> dict[str, Any]:
    """A resource whose resourceType is known, cleaned. Raises UnreadableError."""
    name = node["resourceType"]
    return {"resourceType": name, **_type_of(name).read(node)}


def read_inner(node: Any) -> dict[str, Any] | None:
    """A resource inside another one. Raises UnreadableError."""
    if not isinstance(node, dict):
        return None
    name = node.get("resourceType")
    if not isinstance(name, str):
        raise UnreadableError(
            "HAPI-1843: Missing required element 'resourceType' from JSON resource object, unable to parse"
        )
    if not is_resource_type(name):
        raise UnreadableError(
            f'HAPI-1684: Unknown resource name "{name}" (this name is not known in FHIR version "R4")'
        )
    return read_members(node)


def _contained(node: Any) -> dict[str, Any] | None:
    """A contained resource: without a version; one without an id gets one."""
    resource = read_inner(node)
    if resource is None:
        return None
    meta = {key: value for key, value in resource.pop("meta", {}).items() if key not in ("versionId", "lastUpdated")}
    if meta:
        resource["meta"] = meta
    id = resource.get("id")
    resource["id"] = id.removeprefix("#") if id else str(uuid5(NAMESPACE_URL, dump(resource).decode()))
    return resource


class _Type:
    """How the members of one type are read. Filled when first used, because types refer to each other.

    texts: names whose value, a text, needs no check. scalars: names of other primitive values that do not repeat.
    singles, lists: names of complex values and their types.
    """

    __slots__ = ("choices", "fields", "lists", "name", "scalars", "singles", "texts")

    def __init__(self, name: str) -> None:
        self.name = name
        self.fields: dict[str, _Field] | None = None
        self.texts: frozenset[str] = frozenset()
        self.scalars: dict[str, Reader] = {}
        self.singles: dict[str, _Type] = {}
        self.lists: dict[str, _Type] = {}
        self.choices: dict[str, str] = {}

    def fill(self) -> dict[str, _Field]:
        members = elements(self.name)
        fields = {
            name: _Field(_reader(self.name, element), element.repeats, is_primitive(element.type))
            for name, element in members.items()
        }
        complex_ones = {n: e for n, e in members.items() if not fields[n].primitive and e.type != "Resource"}
        self.singles = {n: _type_of(e.type) for n, e in complex_ones.items() if not e.repeats}
        self.lists = {n: _type_of(e.type) for n, e in complex_ones.items() if e.repeats and "xtension" not in n}
        self.texts = frozenset(n for n, field in fields.items() if field.read is any_text and not field.repeats)
        one_each = {n: field.read for n, field in fields.items() if field.primitive and not field.repeats}
        self.scalars = {n: read for n, read in one_each.items() if n not in self.texts}
        self.choices = _choices(members.values())
        self.fields = fields
        return fields

    def read(self, node: dict[str, Any]) -> dict[str, Any]:
        fields = self.fields if self.fields is not None else self.fill()
        texts, scalars, singles, lists = self.texts, self.scalars, self.singles, self.lists
        if self.choices:
            node = self.chosen(node)
        kept: dict[str, Any] = {}
        extended = False
        for name, value in node.items():
            if name in texts and type(value) is str:
                found: Any = value
            elif name in scalars and type(value) is str and value:
                found = _scalar(name, scalars[name], value)
            elif name in singles and type(value) is dict:
                found = singles[name].read(value)
            elif name in lists and type(value) is list:
                found = lists[name].read_all(value)
            elif name in fields:
                found = _read_field(name, fields[name], value, node, kept)
            else:
                extended = extended or name[:1] == "_"
                if name == "modifierExtension":
                    _check_extensions(name, value)
                continue
            if found or found is False or found == 0:
                kept[name] = found
        if extended:
            _add_extensions(kept, node, fields)
        return kept

    def read_all(self, values: list[Any]) -> list[dict[str, Any]]:
        read = self.read
        try:
            return [item for item in map(read, values) if item]
        except (AttributeError, TypeError):  # an item that is no object
            return [item for item in map(read, (value for value in _flat(values) if type(value) is dict)) if item]

    def chosen(self, node: dict[str, Any]) -> dict[str, Any]:
        """Of several forms of a choice only the first, as if the others were not there; in an extension the last."""
        choices = self.choices
        forms = [name for name in node if name in choices]
        if len(forms) < 2 or len({choices[name] for name in forms}) == len(forms):
            return node
        if self.name != "Extension":
            forms.reverse()
        counts = {choices[name]: name for name in forms}
        return {name: value for name, value in node.items() if name not in choices or counts[choices[name]] == name}


@cache
def _type_of(type_name: str) -> _Type:
    return _Type(type_name)


def _read_field(name: str, field: _Field, value: Any, node: dict[str, Any], kept: dict[str, Any]) -> Any:
    """The cleaned value at a name; None or an empty one to drop it. An object in place of a primitive may extend it."""
    if field.repeats:
        return _items(name, field, value, node)
    while type(value) is list:
        value = value[0] if value else None
    if value is None or value == "":
        return None
    if field.primitive:
        if type(value) is dict:
            extensions = _extensions(value, name)
            if extensions:
                kept[f"_{name}"] = extensions
            return None
        return _scalar(name, field.read, value)
    return field.read(value) if type(value) is dict else None


def _scalar(name: str, read: Reader, value: Any) -> Any:
    """A primitive value; None to drop it."""
    if type(value) is dict or type(value) is list:
        return None
    try:
        return read(value)
    except ValueError as error:
        raise UnreadableError(
            f'HAPI-1821: [element="{name}"] Invalid attribute value "{_shown(value)}": {error}'
        ) from None
    except MalformedError as error:
        raise UnreadableError(str(error)) from None


def _shown(value: Any) -> str:
    return text_of(value).replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _items(name: str, field: _Field, value: Any, node: dict[str, Any]) -> list[Any]:
    if name in ("extension", "modifierExtension"):
        _check_extensions(name, value)
    values = _flat(value) if type(value) is list else [value]
    if not field.primitive:
        found = (field.read(item) for item in values if type(item) is dict)
        items = [item for item in found if item]
        return [item for item in items if len(item) > 1 or "url" not in item] if name == "extension" else items
    alternates = node.get(f"_{name}")
    if type(alternates) is not list:
        cleaned = (_scalar(name, field.read, item) for item in values if item is not None and item != "")
        return [item for item in cleaned if item is not None]
    items = []
    for n, item in enumerate(values):
        clean = None if item is None or item == "" else _scalar(name, field.read, item)
        if clean is not None or (n < len(alternates) and alternates[n]):
            items.append(clean)
    return items


def _flat(values: list[Any]) -> list[Any]:
    if any(type(item) is list for item in values):
        return [inner for item in values for inner in (_flat(item) if type(item) is list else [item])]
    return values


def _check_extensions(name: str, value: Any) -> None:
    if value is None:
        return
    if type(value) is not list:
        kind = "OBJECT" if type(value) is dict else "SCALAR"
        raise UnreadableError(
            f"HAPI-1841: Syntax error parsing JSON FHIR structure: Expected ARRAY at element '{name}', found '{kind}'"
        )
    for item in value:
        if type(item) is not dict:
            raise UnreadableError(f"HAPI-1841: Syntax error parsing JSON FHIR structure: '{name}' must hold objects")
        if item.get("extension") and any(key.startswith("value") for key in item):
            raise UnreadableError(
                f"HAPI-1811: Extension (URL='{item.get('url')}') must not have both a value and other contained "
                "extensions"
            )


def _add_extensions(kept: dict[str, Any], node: dict[str, Any], fields: dict[str, _Field]) -> None:
    """The extensions of primitive elements, from their `_name` siblings."""
    for name, value in node.items():
        field = fields.get(name[1:]) if name[:1] == "_" else None
        if field is None or not field.primitive:
            continue
        found = _extension_list(kept, name, value) if field.repeats else _extensions(value, name)
        if found:
            kept[name] = found


def _extension_list(kept: dict[str, Any], name: str, value: Any) -> list[Any] | dict[str, Any] | None:
    if type(value) is not list or name[1:] not in kept:
        return None
    found = [_extensions(item, name) for item in value]
    while found and found[-1] is None:
        found.pop()
    return found


def _extensions(value: Any, name: str) -> dict[str, Any] | None:
    if type(value) is list:
        if len(value) > 1:
            raise UnreadableError(
                f"HAPI-1842: Unexpected array of length {len(value)} (expected 0 or 1) for element: {name}"
            )
        value = value[0] if value else None
    if type(value) is not dict:
        return None
    read = _type_of("Element").read(value)
    return read if "extension" in read else None


def _choices(members: Iterable[Element]) -> dict[str, str]:
    """JSON name -> choice, for the elements that are one of several forms (`valueQuantity`, `valueString`)."""
    found: dict[str, list[str]] = {}
    for element in members:
        stem = element.name[: -len(element.type)]
        if stem and element.name[len(stem) :].lower() == element.type.lower():
            found.setdefault(stem, []).append(element.name)
    return {name: stem for stem, names in found.items() if len(names) > 1 for name in names}


def _reader(type_name: str, element: Element) -> Reader:
    if is_primitive(element.type):
        name = _code_name(type_name, element) if element.codes is not None else None
        return code_reader(element.codes, name) if element.codes is not None and name else reader(element.type)
    if element.type == "Resource":
        return _contained if element.name == "contained" else read_inner
    return _type_of(element.type).read


@cache
def _value_set_of(type_name: str) -> dict[str, str]:
    rows = table("elements")
    row = rows.get(type_name, {})
    inherited = _value_set_of(row["base"]) if row.get("base") else {}
    return {**inherited, **{name: cells[3] for name, cells in row.get("elements", {}).items() if len(cells) > 3}}


def _code_name(type_name: str, element: Element) -> str | None:
    """What HAPI calls the codes of an element; None if it does not check them."""
    names = table("hapi-code-names")
    found = names.get(f"{type_name}.{element.name}") or names.get(_value_set_of(type_name).get(element.name, ""))
    return found if found is None else str(found)
