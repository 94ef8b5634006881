"""Reads the part of FHIRPath that the official search parameters use into paths.

Covered: dotted paths, unions, `(x as T)`, `.as(T)`, `.where(a='b')`, `.where(resolve() is T)`, `[n]`, and
`a.exists() and a != false` (Patient.deceased). Anything else raises `UncoveredError`.
"""

import re
from dataclasses import dataclass, replace


class UncoveredError(ValueError):
    """An expression outside the covered part."""


@dataclass(frozen=True, slots=True)
class Step:
    """One element of a path. where: (child, value) that must be equal. resolves: type that a reference must have."""

    name: str
    as_type: str | None = None
    where: tuple[str, str] | None = None
    resolves: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """root: the type it starts at. truth: the value is whether the element exists and is not false."""

    root: str
    steps: tuple[Step, ...]
    truth: bool = False


_TRUTH = re.compile(r"(?P<path>[\w.]+)\.exists\(\) and (?P=path) != false")
_CAST = re.compile(r"\((?P<path>[\w.]+) as (?P<type>\w+)\)(?P<rest>.*)")
_PIECE = re.compile(
    r"""
    \.?(?:
      (?:as|ofType)\((?P<as_type>\w+)\)
    | where\((?P<key>\w+)\ ?=\ ?'(?P<value>[^']*)'\)
    | where\(resolve\(\)\ is\ (?P<resolves>\w+)\)
    | \[(?P<index>\d+)\]
    | (?P<name>\w+)(?![\w(])
    )
    """,
    re.VERBOSE,
)


def read_expression(expression: str) -> tuple[Path, ...]:
    """The alternatives of a union."""
    return tuple(_path(part.strip()) for part in expression.split(" | "))


def _path(text: str) -> Path:
    truth = _TRUTH.fullmatch(text)
    if truth:
        return replace(_plain(truth["path"]), truth=True)
    cast = _CAST.fullmatch(text)
    return _plain(f"{cast['path']}.as({cast['type']}){cast['rest']}" if cast else text)


def _plain(text: str) -> Path:
    steps: list[Step] = []
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None or piece.end() == at:
            raise UncoveredError(text)
        _take(steps, piece)
        at = piece.end()
    if not steps or steps[0] != Step(steps[0].name):
        raise UncoveredError(text)
    return Path(steps[0].name, tuple(steps[1:]))


def _take(steps: list[Step], piece: re.Match[str]) -> None:
    """Add a step, or narrow the last one."""
    if piece["name"]:
        steps.append(Step(piece["name"]))
        return
    if not steps:
        raise UncoveredError(piece.string)
    if piece["as_type"]:
        steps[-1] = replace(steps[-1], as_type=piece["as_type"])
    elif piece["key"]:
        steps[-1] = replace(steps[-1], where=(piece["key"], piece["value"]))
    elif piece["resolves"]:
        steps[-1] = replace(steps[-1], resolves=piece["resolves"])
    else:
        steps[-1] = replace(steps[-1], index=int(piece["index"]))
