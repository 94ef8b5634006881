"""The parameters of an operation: in the query, in a Parameters body, or both. https://hl7.org/fhir/R4/parameters.html"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from fhir_r4 import Request
from fhir_server.body import read_resource

_VALUES = (
    *("valueBoolean", "valueCanonical", "valueCode", "valueDate", "valueDateTime", "valueId", "valueInstant"),
    *("valueInteger", "valuePositiveInt", "valueString", "valueUnsignedInt", "valueUri"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """pairs: name and text of every simple parameter, those of the query first. nodes: the body's parameters."""

    pairs: tuple[tuple[str, str], ...]
    nodes: tuple[dict[str, Any], ...] = ()

    def first(self, name: str) -> str | None:
        return next((text for key, text in self.pairs if key == name and text), None)

    def every(self, name: str) -> list[str]:
        return [text for key, text in self.pairs if key == name and text]

    @property
    def resource(self) -> dict[str, Any] | None:
        """What the body's parameter `resource` holds."""
        return next((node["resource"] for node in self.nodes if "resource" in node), None)


def asked_of(request: Request) -> Asked:
    """Raises Invalid for a body that is no resource."""
    pairs = parse_qsl(request.query, keep_blank_values=True)
    if request.method != "POST":
        return Asked(tuple(pairs))
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = (request.body or b"").decode(errors="replace")
        return Asked((*pairs, *parse_qsl(form, keep_blank_values=True)))
    nodes = tuple(content_of(request).get("parameter", ()))
    return Asked((*pairs, *(pair for node in nodes for pair in _simple(node))), nodes)


def content_of(request: Request) -> dict[str, Any]:
    """The resource in the body, of whatever type. Raises Invalid if there is none."""
    return read_resource(request.body, _named_type(request.body or b""))


def _simple(node: dict[str, Any]) -> list[tuple[str, str]]:
    return [(node.get("name", ""), _text(node[key])) for key in _VALUES if key in node]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _named_type(body: bytes) -> str:
    try:
        node = json.loads(body)
    except (ValueError, RecursionError):
        return "Parameters"
    name = node.get("resourceType") if isinstance(node, dict) else None
    return name if isinstance(name, str) else "Parameters"
