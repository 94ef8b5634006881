"""The times that `_since` and `_at` of a history ask for. https://hl7.org/fhir/R4/http.html#history"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from fhir_r4 import LAST_MS, Invalid, date_range, valid_date

_PRECISION = {4: "YEAR", 7: "MONTH", 10: "DAY"}
_AT = re.compile(r"(?P<prefix>[a-z]{2})?(?P<text>\d.*)")


class Moments(NamedTuple):
    """[first, last) in milliseconds since 1970."""

    first: int
    last: int

    def take(self, at: int) -> bool:
        return self.first <= at < self.last


def read_moments(given: Mapping[str, list[str]]) -> Moments | None:
    """None if neither is asked for. Raises Invalid."""
    since, at = given.get("_since", [""])[0], [text for text in given.get("_at", []) if text]
    if not since and not at:
        return None
    first, last = -LAST_MS, LAST_MS
    if since:
        first = _since(since)
    for text in at:
        low, high = _bounds(text)
        first, last = max(first, low), min(last, high)
    return Moments(first, last)


def _since(text: str) -> int:
    if not valid_date(text):
        raise Invalid(f'HAPI-1882: Invalid date/time format: "{text}"', issue="processing")
    if len(text) in _PRECISION:
        raise Invalid(
            "HAPI-1885: Invalid date/time string (datatype InstantDt does not support "
            f"{_PRECISION[len(text)]} precision): {text}",
            issue="processing",
        )
    return date_range(text).low


def _bounds(text: str) -> tuple[int, int]:
    if "," in text:
        raise Invalid("HAPI-1930: DateRange parameter does not support OR queries", issue="processing")
    match = _AT.fullmatch(text)
    if match is None or not valid_date(match["text"]):
        raise Invalid(f'HAPI-1940: Invalid date/time/quantity format: "{text}"', issue="processing")
    low, high = date_range(match["text"])[:2]
    return {
        None: (low, high),
        "eq": (low, high),
        "ge": (low, LAST_MS),
        "gt": (high, LAST_MS),
        "sa": (high, LAST_MS),
        "le": (-LAST_MS, high),
        "lt": (-LAST_MS, low),
        "eb": (-LAST_MS, low),
    }.get(match["prefix"], (low, high))
