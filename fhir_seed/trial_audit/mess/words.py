"""Reads what the renderer wrote: constant parts are opaque to Python, so each is parsed once per world."""

from collections.abc import Callable
from typing import Any

from orjson import OPT_SORT_KEYS, Fragment, dumps

from fhir_r4 import dump_exact, parse_exact
from fhir_seed.trial_audit.render.written import Json, decimal


def plain(node: Any) -> Any:
    """As JSON values, decimals as they are written."""
    return parse_exact(dumps(node, option=OPT_SORT_KEYS))


def written(node: Any) -> Fragment:
    """The inverse of `plain`."""
    return Fragment(dump_exact(node))


def target(reference: Any) -> str:
    """`Type/id` of a Reference."""
    return str(plain(reference)["reference"])


def text_of(value: Any) -> str:
    """A number or a constant part as it is written."""
    return dumps(value, option=OPT_SORT_KEYS).decode()


def scaled(value: Any) -> tuple[int, int]:
    """A number as (integer, places): 7.10 -> (710, 2)."""
    whole, _, rest = text_of(value).partition(".")
    return int(whole + rest), len(rest)


def unscaled(number: int, places: int) -> Fragment | int:
    """The inverse of `scaled`."""
    return decimal(number, places)


def quantity_of(row: Json) -> Json:
    """Of an Observation that has one; its parts may be changed."""
    quantity = row["valueQuantity"]
    if not isinstance(quantity, Fragment):
        return dict(quantity)
    found: Json = plain(quantity)
    value = found["value"]
    return found | {"value": Fragment(str(value)) if isinstance(value, str) else value}


class Memo:
    """What is read off constant parts, by identity. Each is kept, so that no other can take its place."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self._read = read
        self._known: dict[Fragment, Any] = {}

    def of(self, part: Any) -> Any:
        try:
            return self._known[part]
        except KeyError:
            found = self._known[part] = self._read(part)
            return found
        except TypeError:  # a dict or list: not constant, not hashable
            return self._read(part)


def standard_code(concept: Any) -> str:
    """Of the last coding: sites write their own before it. Empty if it has text only."""
    codings: list[Json] = plain(concept).get("coding", [])
    return str(codings[-1]["code"]) if codings else ""


def category_code(concepts: Any) -> str:
    """Of the first category."""
    found: list[Json] = plain(concepts)
    return standard_code(found[0])
