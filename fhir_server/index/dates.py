"""Dates as half-open intervals, in flat arrays: one interval per document, and the few that have more beside them.

Whole days compare with the days as written, finer values compare instants (measured on HAPI 8.8).
"""

from array import array
from typing import Any

from fhir_r4 import Clause, DateRange, DateValue
from fhir_server.index.parameter import ParameterIndex, Test

_ABSENT = 0  # as a day, before any real one


class DateIndex(ParameterIndex):
    __slots__ = ("_high", "_high_day", "_low", "_low_day", "_more")

    def __init__(self) -> None:
        super().__init__()
        self._low = array("q")
        self._high = array("q")
        self._low_day = array("i")
        self._high_day = array("i")
        self._more: dict[int, list[DateRange]] = {}

    def add(self, n: int, key: DateRange) -> None:
        missing = n - len(self._low)
        if missing < 0:
            self._more.setdefault(n, []).append(key)
        else:
            if missing:
                self._fill(missing)
            self._low.append(key.low)
            self._high.append(key.high)
            self._low_day.append(key.low_day)
            self._high_day.append(key.high_day)
        self._forward = None

    def _fill(self, count: int) -> None:
        for column in (self._low, self._high, self._low_day, self._high_day):
            column.extend([_ABSENT] * count)

    def freeze(self) -> None:
        pass

    def sort_keys(self, numbers: list[int], descending: bool) -> list[Any]:
        if self._more or (numbers and numbers[-1] >= len(self._low)):
            pick = max if descending else min
            return [pick(self.keys_of(n), default=None) for n in numbers]
        low, present = self._low, self._high_day
        return [low[n] if present[n] else None for n in numbers]

    def keys_of(self, n: int) -> list[int]:
        if n >= len(self._low) or not self._high_day[n]:
            return []
        return [self._low[n], *(span.low for span in self._more.get(n, ()))]

    def rows(self) -> list[tuple[int, Any]]:
        first = [(n, low) for n, (low, day) in enumerate(zip(self._low, self._high_day, strict=True)) if day]
        return first + [(n, span.low) for n, spans in self._more.items() for span in spans]

    def test(self, clause: Clause) -> Test:
        (value,) = clause.values
        assert isinstance(value, DateValue)
        span = value.range
        if value.by_day:
            low, high, first, after = self._low_day, self._high_day, span.low_day, span.high_day
        else:
            low, high, first, after = self._low, self._high, span.low, span.high
        compare = _COMPARISONS[value.prefix]
        size, present, more = len(low), self._high_day, self._more

        def matches(n: int) -> bool:
            if n >= size or not present[n]:
                return False
            if compare(low[n], high[n], first, after):
                return True
            return n in more and any(_matches(spans, value) for spans in more[n])

        return matches


def _matches(span: DateRange, value: DateValue) -> bool:
    compare, wanted = _COMPARISONS[value.prefix], value.range
    if value.by_day:
        return compare(span.low_day, span.high_day, wanted.low_day, wanted.high_day)
    return compare(span.low, span.high, wanted.low, wanted.high)


def _eq(low: int, high: int, first: int, after: int) -> bool:
    return low >= first and high <= after


def _ne(low: int, high: int, first: int, after: int) -> bool:
    return low < first or high > after


def _ge(low: int, high: int, first: int, after: int) -> bool:
    return high > first


def _gt(low: int, high: int, first: int, after: int) -> bool:
    return high > after


def _le(low: int, high: int, first: int, after: int) -> bool:
    return low < after


def _lt(low: int, high: int, first: int, after: int) -> bool:
    return low < first


def _sa(low: int, high: int, first: int, after: int) -> bool:
    return low >= after


def _eb(low: int, high: int, first: int, after: int) -> bool:
    return high <= first


_COMPARISONS = {"eq": _eq, "ne": _ne, "ge": _ge, "gt": _gt, "le": _le, "lt": _lt, "sa": _sa, "eb": _eb}
"""(low, high) of the document against [first, after) of the search; both intervals are half-open."""
