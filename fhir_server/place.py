"""What a path names: `Patient/a1/_history/2` is a version of an instance. https://hl7.org/fhir/R4/http.html"""

from functools import lru_cache
from typing import NamedTuple

_LITERAL = ("_history", "_search")
_VARIABLE = frozenset({"Type", "id", "version", "$", "other"})


class Place(NamedTuple):
    """shape: the path with its variable parts named, as `Type/id/_history/version` or `Type/$`.

    arguments: those parts in order: the resource type, the id, the version, the name of an operation with its `$`.
    """

    shape: str
    arguments: tuple[str, ...]

    @property
    def resource_type(self) -> str | None:
        return self.arguments[0] if self.shape.startswith("Type") else None


@lru_cache(maxsize=8192)
def place_of(path: str) -> Place:
    """The place of a path relative to the base; empty parts, as of a last slash, do not count."""
    shape: list[str] = []
    arguments: list[str] = []
    for part in filter(None, path.split("/")):
        name = _name(part, shape)
        shape.append(name)
        if name in _VARIABLE:
            arguments.append(part)
    return Place("/".join(shape), tuple(arguments))


def _name(part: str, before: list[str]) -> str:
    if part[0] == "$":
        return "$"
    if part in _LITERAL or (part == "metadata" and not before):
        return part
    if not before:
        return "Type" if part[0] not in "_$" else part
    if before[-1] == "_history":
        return "version"
    return "id" if before == ["Type"] and part[0] != "_" else "other"
