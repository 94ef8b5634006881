"""JSON whose values know where they stand in the text, for issues that name a line and a column."""

import json
import re
from typing import Any, NamedTuple

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCALAR = re.compile(r"[^\s,\]}]+")
_WORDS = {"true": True, "false": False, "null": None}


class Placed(NamedTuple):
    """value: a dict or list of Placed, or a scalar (numbers as their text). line: where it starts; column: behind its
    last character; both count from 1."""

    value: Any
    line: int
    column: int

    @property
    def kind(self) -> str:
        """As a sentence names it."""
        if isinstance(self.value, dict):
            return "an Object"
        if isinstance(self.value, list):
            return "an Array"
        return "a Null" if self.value is None else "a Primitive property"


class Number(str):
    """A JSON number as it is written."""

    __slots__ = ()


def place(text: str) -> Placed:
    """Places a text that is known to be JSON."""
    found, _ = _value(text, _skip(text, 0))
    return found


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _value(text: str, at: int) -> tuple[Placed, int]:
    value: Any
    if text[at] == "{":
        value, end = _object(text, at)
    elif text[at] == "[":
        value, end = _array(text, at)
    elif text[at] == '"':
        value, end = _string(text, at)
    else:
        found = _SCALAR.match(text, at)
        assert found is not None
        value, end = _WORDS[found[0]] if found[0] in _WORDS else Number(found[0]), found.end()
    return Placed(value, text.count("\n", 0, at) + 1, end - text.rfind("\n", 0, end)), end


def _string(text: str, at: int) -> tuple[str, int]:
    found = _STRING.match(text, at)
    assert found is not None
    return json.loads(found[0]), found.end()


def _object(text: str, at: int) -> tuple[dict[str, Placed], int]:
    members: dict[str, Placed] = {}
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, at = _string(text, at)
        members[name], at = _value(text, _skip(text, _skip(text, at) + 1))
        at = _after(text, at)
    return members, at + 1


def _array(text: str, at: int) -> tuple[list[Placed], int]:
    items: list[Placed] = []
    at = _skip(text, at + 1)
    while text[at] != "]":
        item, at = _value(text, at)
        items.append(item)
        at = _after(text, at)
    return items, at + 1


def _after(text: str, at: int) -> int:
    """The next member, or the closing bracket."""
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at
