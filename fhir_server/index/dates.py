"""Dates as half-open intervals, in flat arrays: one interval per document, and the few that have more beside them.

Whole days compare with the days as written, finer values compare instants (measured on HAPI 8.8).
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

from fhir_r4 import Clause, DateRange, DateValue
from fhir_server.index.parameter import Narrow, ParameterIndex, Test, narrowed

_ABSENT = 0  # as a day, before any real one


class DateIndex(ParameterIndex):
    __slots__ = ("_has_gaps", "_high", "_high_day", "_low", "_low_day", "_more")

    def __init__(self) -> None:
        super().__init__()
        self._low = array("q")
        self._high = array("q")
        self._low_day = array("i")
        self._high_day = array("i")
        self._more: dict[int, list[DateRange]] = {}
        self._has_gaps = False

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
        self._has_gaps = True
        for column in (self._low, self._high, self._low_day, self._high_day):
            column.extend([_ABSENT] * count)

    def filling(self) -> "tuple[array[int], array[int], array[int], array[int]]":
        """What a bulk load appends the next document to, when every one before it has a date: [low, high) of its
        instants and of its days. Otherwise it must use `add`."""
        return self._low, self._high, self._low_day, self._high_day

    def fill(self, count: int, key: DateRange) -> None:
        """Give the first `count` documents, which have none yet, one and the same date."""
        for column, bound in zip(self.filling(), key, strict=True):
            column.extend(array(column.typecode, (bound,)) * count)

    def freeze(self) -> None:
        pass

    def is_empty(self) -> bool:
        return not self._low

    def sort_keys(self, numbers: list[int], descending: bool) -> list[Any]:
        if self._more or (numbers and numbers[-1] >= len(self._low)):
            pick = max if descending else min
            return [pick(self.keys_of(n), default=None) for n in numbers]
        low, present = self._low, self._high_day
        if not self._has_gaps:
            return [low[n] for n in numbers]
        return [low[n] if present[n] else None for n in numbers]

    def only_value(self, numbers: list[int]) -> Callable[[int], int] | None:
        single = not self._more and not self._has_gaps and bool(numbers) and numbers[-1] < len(self._low)
        return self._low.__getitem__ if single else None

    def keys_of(self, n: int) -> list[int]:
        if n >= len(self._low) or not self._high_day[n]:
            return []
        return [self._low[n], *(span.low for span in self._more.get(n, ()))]

    def rows(self) -> list[tuple[int, Any]]:
        first = [(n, low) for n, (low, day) in enumerate(zip(self._low, self._high_day, strict=True)) if day]
        return first + [(n, span.low) for n, spans in self._more.items() for span in spans]

    def test(self, clause: Clause) -> Test:
        checks = [self._check(value) for value in clause.values]
        first = self._first(checks, clause.modifier)
        if not self._more:
            return first
        combine, more, values = (all if clause.modifier == "all" else any), self._more, clause.values
        return lambda n: (
            first(n) or n in more and any(combine(_matches(span, value) for value in values) for span in more[n])
        )

    def narrow(self, clause: Clause) -> Narrow:
        values = [value for value in clause.values if isinstance(value, DateValue)]
        apart = len(values) > 1 and clause.modifier != "all"
        if self._more or apart or any(value.prefix not in _BOUNDS for value in values):
            return narrowed(self.test(clause))
        return lambda numbers: self._narrowed(numbers, values)

    def _narrowed(self, numbers: list[int], values: list[DateValue]) -> list[int]:
        """Of documents that have one date at most, those whose date meets every value."""
        if numbers and numbers[-1] >= len(self._low):
            numbers = numbers[: bisect_left(numbers, len(self._low))]
        if self._has_gaps:
            present = self._high_day
            numbers = [n for n in numbers if present[n]]
        for value in values:
            low, high, _, first, after = self._check(value)
            for of_high, above, of_after, shift in _BOUNDS[value.prefix]:
                column, bound = high if of_high else low, (after if of_after else first) + shift
                if above:
                    numbers = [n for n in numbers if column[n] > bound]
                else:
                    numbers = [n for n in numbers if column[n] < bound]
        return numbers

    def _first(self, checks: "list[_Check]", modifier: str) -> Test:
        """Tests the first date of a document; spelt out for one check and for two, which are tested most."""
        size, present = len(self._low), self._high_day
        low, high, compare, start, end = checks[0]
        if len(checks) == 1:
            return lambda n: n < size and present[n] > 0 and compare(low[n], high[n], start, end)
        if len(checks) == 2 and modifier == "all":
            low2, high2, compare2, start2, end2 = checks[1]
            return lambda n: (
                n < size
                and present[n] > 0
                and compare(low[n], high[n], start, end)
                and compare2(low2[n], high2[n], start2, end2)
            )
        combine = all if modifier == "all" else any
        return lambda n: n < size and present[n] > 0 and combine(c(lo[n], hi[n], a, b) for lo, hi, c, a, b in checks)

    def _check(self, value: object) -> "_Check":
        assert isinstance(value, DateValue)
        compare, span = _COMPARISONS[value.prefix], value.range
        if value.by_day:
            return self._low_day, self._high_day, compare, span.low_day, span.high_day
        return self._low, self._high, compare, span.low, span.high


_Check = tuple[Sequence[int], Sequence[int], Callable[[int, int, int, int], bool], int, int]


def _matches(span: DateRange, value: object) -> bool:
    assert isinstance(value, DateValue)
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


def _ap(low: int, high: int, first: int, after: int) -> bool:
    return high > first and low < after


_LOW, _HIGH, _FIRST, _AFTER, _ABOVE, _BELOW = False, True, False, True, True, False
_BOUNDS: dict[str, tuple[tuple[bool, bool, bool, int], ...]] = {
    "ap": ((_HIGH, _ABOVE, _FIRST, 0), (_LOW, _BELOW, _AFTER, 0)),
    "eb": ((_HIGH, _BELOW, _FIRST, 1),),
    "eq": ((_LOW, _ABOVE, _FIRST, -1), (_HIGH, _BELOW, _AFTER, 1)),
    "ge": ((_HIGH, _ABOVE, _FIRST, 0),),
    "gt": ((_HIGH, _ABOVE, _AFTER, 0),),
    "le": ((_LOW, _BELOW, _AFTER, 0),),
    "lt": ((_LOW, _BELOW, _FIRST, 0),),
    "sa": ((_LOW, _ABOVE, _AFTER, -1),),
}
"""The same as the functions above, which test one document: bounds that must all hold, as (column, direction, end of
the search's interval, what is added to it). `ne` is none of these."""
_COMPARISONS = {"ap": _ap, "eq": _eq, "ne": _ne, "ge": _ge, "gt": _gt, "le": _le, "lt": _lt, "sa": _sa, "eb": _eb}
"""(low, high) of the document against [first, after) of the search; both intervals are half-open."""
