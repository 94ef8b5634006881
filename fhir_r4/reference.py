"""Literal references: `Type/id`, versioned, or absolute. https://hl7.org/fhir/R4/references.html#literal"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ID_PATTERN = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_RELATIVE = re.compile(
    r"(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/(?P<version>[A-Za-z0-9\-.]{1,64}))?"
)


@dataclass(frozen=True, slots=True)
class Reference:
    type: str
    id: str
    version: str | None = None

    def __str__(self) -> str:
        return f"{self.type}/{self.id}"


def parse_reference(text: str, base: str | None = None) -> Reference | None:
    """`Type/id[/_history/n]`, or that below `base`; None for anything else (urn:, #contained, foreign)."""
    if base is not None and text.startswith(base.rstrip("/") + "/"):
        text = text[len(base.rstrip("/")) + 1 :]
    match = _RELATIVE.fullmatch(text)
    return Reference(match["type"], match["id"], match["version"]) if match else None


def reference_of(resource: dict[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def references_in(node: Any) -> Iterator[str]:
    """Every `Reference.reference` text in a resource, depth first."""
    if isinstance(node, dict):
        text = node.get("reference")
        if isinstance(text, str):
            yield text
        for value in node.values():
            yield from references_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from references_in(value)
