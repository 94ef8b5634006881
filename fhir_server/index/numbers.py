"""Numbers and quantities: unit by system and code, or by its text; no conversion."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

from fhir_r4 import Clause, NumberValue
from fhir_server.index.parameter import ParameterIndex, Test

Row = tuple[float, str, str, str]

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "sa": operator.gt,
    "eb": operator.lt,
}


class NumberIndex(ParameterIndex):
    __slots__ = ("_rows",)

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[int, tuple[Row, ...]] = {}

    def add(self, n: int, key: Row) -> None:
        self._rows[n] = (*self._rows.get(n, ()), key)
        self._forward = None

    def filling(self) -> dict[int, tuple[Row, ...]]:
        """What a bulk load writes to: document -> its rows."""
        return self._rows

    def freeze(self) -> None:
        pass

    def is_empty(self) -> bool:
        return not self._rows

    def merged(self, others: "Sequence[NumberIndex]") -> "NumberIndex":
        made = NumberIndex()
        for one in (self, *others):
            for n, rows in one._rows.items():
                made._rows[n] = (*made._rows.get(n, ()), *rows)
        return made

    def keys_of(self, n: int) -> list[float]:
        return [row[0] for row in self._rows.get(n, ())]

    def rows(self) -> list[tuple[int, Any]]:
        return [(n, row[0]) for n, rows in self._rows.items() for row in rows]

    def test(self, clause: Clause) -> Test:
        values = [value for value in clause.values if isinstance(value, NumberValue)]
        rows = self._rows
        return lambda n: any(_matches(row, value) for row in rows.get(n, ()) for value in values)


def _matches(row: Row, value: NumberValue) -> bool:
    number, system, code, unit = row
    if value.prefix in ("eq", "ne"):
        if _equal(number, value) != (value.prefix == "eq"):
            return False
    elif value.prefix == "ap":
        if abs(number - value.number) > value.near:
            return False
    elif not _COMPARISONS[value.prefix](number, value.number):
        return False
    if value.system is not None and system != value.system:
        return False
    return value.code is None or value.code == code or (value.by_unit and value.code == unit)


def _equal(number: float, value: NumberValue) -> bool:
    wanted, slack = value.number, value.slack
    return wanted - slack <= number < wanted + slack if slack else number == wanted
