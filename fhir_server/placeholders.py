"""What the entries of a transaction call each other, and the ids that they get instead."""

from collections.abc import Iterator
from typing import Any

from fhir_r4 import Invalid


def renamed(condition: str, names: dict[str, str]) -> str:
    """A match URL with the ids of entries in place of their placeholders."""
    for source, reference in names.items() if "/" in condition or ":" in condition else ():
        if source in condition:
            condition = condition.replace(source, reference)
    return condition


def rename(node: Any, names: dict[str, str], path: tuple[str, ...], resource_type: str) -> None:
    """Write the ids of entries wherever a resource calls them otherwise. Raises Invalid for an unknown placeholder."""
    for key, value in _members(node):
        if isinstance(value, (dict, list)):
            inside = (*path, key) if isinstance(key, str) else path
            rename(value, names, inside, resource_type)
        elif isinstance(value, str) and key != "id":
            if value in names and (key == "reference" or value.startswith("urn:")):
                node[key] = names[value]
            elif key == "reference" and value.startswith("urn:"):
                raise Invalid(
                    f"HAPI-0541: Unable to satisfy placeholder ID {value} found in element named "
                    f"'{'.'.join(_named(name) for name in path)}' within resource of type: {resource_type}",
                    issue="processing",
                )


def _members(node: Any) -> Iterator[tuple[Any, Any]]:
    return iter(list(node.items()) if isinstance(node, dict) else list(enumerate(node)))


def _named(name: str) -> str:
    return "value" if name == "valueReference" else name
