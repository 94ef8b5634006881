"""Compiles the search parameters of one resource type into a function that writes a resource straight into indexes.

It is for loading a world: it writes what the rows of `extraction` would, without making them. A value that several
parameters share is read once, a parameter that others cover is not written but derived from them at the end, and what
is written rarely goes through rows. The code is compiled once per type and bound to the indexes of each segment.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import CodeType
from typing import Any, NamedTuple

from fhir_r4 import ALWAYS, DateRange, date_range
from fhir_server.index import KINDS, KeyIndex, ParameterIndex
from fhir_server.loaded import Loaded
from fhir_server.parameter_tree import Leaf, Node, build_tree, indexed_parameters
from fhir_server.rows import WRITERS, Row, Writer
from fhir_server.walk import Text, by_writer, truth
from fhir_server.writer_lines import NEITHER, lines_of

Fill = Callable[[int, dict[str, Any]], None]
"""Called with the number of a document, in rising order, and the resource."""


class Derived(NamedTuple):
    """A parameter that holds what others hold together; with a prefix: only the keys that start so."""

    code: str
    parts: tuple[str, ...]
    prefix: str = ""


class Program(NamedTuple):
    """How to load one type. order: of the parameters. names: of the writers that the code calls."""

    order: tuple[str, ...]
    code: CodeType
    names: Mapping[str, Writer]
    derived: tuple[Derived, ...]


# -- what need not be written ------------------------------------------------------------------------------------------

Place = tuple[int, Writer, str | None]


def _places(node: Node, found: dict[str, set[Place]]) -> dict[str, set[Place]]:
    """parameter -> where and how it is written."""
    for leaf in node.leaves:
        found.setdefault(leaf.parameter.code, set()).add((id(node), leaf.writer, leaf.resolves))
    for child in node.children.values():
        _places(child, found)
    return found


def _derived(places: Mapping[str, set[Place]], kinds: Mapping[str, str]) -> list[Derived]:
    """Parameters that need not be written, each with those that cover it, which are."""
    found: dict[str, Derived] = {}
    for code in sorted(places, key=lambda code: (-len(places[code]), code)):
        others = {other: held for other, held in places.items() if kinds[other] == kinds[code] != "date"}
        others = {other: held for other, held in others.items() if other != code and other not in found}
        used = {part for one in found.values() for part in one.parts}
        one = _cover(code, places[code], others)
        if one is not None and code not in used:
            found[code] = one
    return list(found.values())


def _cover(code: str, wanted: set[Place], others: Mapping[str, set[Place]]) -> Derived | None:
    parts = [other for other, held in others.items() if held <= wanted]
    if parts and set().union(*(others[part] for part in parts)) == wanted:
        return Derived(code, tuple(parts))
    if len(wanted) != 1:
        return None
    ((node, writer, resolves),) = wanted
    whole = next((other for other, held in others.items() if resolves and held == {(node, writer, None)}), None)
    return Derived(code, (whole,), f"{resolves}/") if whole is not None else None


# -- the text ----------------------------------------------------------------------------------------------------------


class _Filling:
    """Writes the leaves of one type. derived: parameters to leave out. written: those written, each with its number."""

    def __init__(self, derived: frozenset[str]) -> None:
        self._derived = derived
        self.written: dict[str, int] = {}

    def index(self, code: str) -> int:
        return self.written.setdefault(code, len(self.written))

    def leaves(self, text: Text, leaves: list[Leaf], value: str, depth: int) -> None:
        wanted = [leaf for leaf in leaves if leaf.parameter.code not in self._derived]
        for (writer, resolves), codes in by_writer(wanted).items():
            if resolves:
                text.line(depth, f"if {value}.get('reference', '').startswith({resolves + '/'!r}):")
            self._write(text, writer, codes, value, depth + bool(resolves))

    def _write(self, text: Text, writer: Writer, codes: list[str], value: str, depth: int) -> None:
        lines = lines_of(writer)
        if lines is not None:
            lines.write(text, writer, value, depth, [f"all{self.index(code)}[{{key}}].append(n)" for code in codes])
        elif writer in _SPELT_OUT:
            head, tail = _SPELT_OUT[writer]
            for line in head:
                text.line(depth, line.format(v=value))
            for code in codes:
                for line in tail:
                    text.line(depth, line.format(i=self.index(code)))
        else:
            for code in codes:
                self.index(code)
                text.line(depth, f"{text.name_of(writer)}(add, {code!r}, {value})")


_DAY_OR_TIME = (
    "if len({v}) > 10:",
    "    o = day[{v}[:10]]",
    "    a = o * 86400000 + time[{v}[10:]]",
    "    b = a + 1",
    "    p = o + 1",
    "else:",
    "    a, b, o, p = short[{v}]",
)
_START_AND_END = (
    "s = {v}.get('start')",
    "e = {v}.get('end')",
    "if s is not None or e is not None:",
    "    a, b, o, p = ALWAYS",
    "    if s is not None: a, _, o, _ = span(s)",
    "    if e is not None: _, b, _, p = span(e)",
)
_DATED = (
    "if n == len(low{i}):",
    "    low{i}.append(a)",
    "    high{i}.append(b)",
    "    low_day{i}.append(o)",
    "    high_day{i}.append(p)",
    "else:",
    "    add{i}(n, DateRange(a, b, o, p))",
)
_AMOUNT = (
    "if 'value' in {v}:",
    "    k = {v}.get('system', ''), {v}.get('code', ''), {v}.get('unit', '')",
    "    k = float({v}['value']), *units.setdefault(k, k)",
)
_SPELT_OUT: Mapping[Writer, tuple[tuple[str, ...], tuple[str, ...]]] = {
    WRITERS["date"]["dateTime"]: (_DAY_OR_TIME, _DATED),
    WRITERS["date"]["Period"]: (_START_AND_END, tuple(f"    {line}" for line in _DATED)),
    WRITERS["quantity"]["Quantity"]: (_AMOUNT, ("    all{i}[n] = (*all{i}[n], k) if n in all{i} else (k,)",)),
}
"""Lines to write once, and lines for each parameter. v: the variable of the element, i: the number of the parameter."""


@cache
def program(resource_type: str) -> Program:
    kinds = {parameter.code: parameter.type for parameter in indexed_parameters(resource_type)}
    tree = build_tree(resource_type, indexed_parameters(resource_type))
    places = _places(tree.root, {})
    derived = _derived(places, kinds)
    filling = _Filling(frozenset(one.code for one in derived))
    text = Text(filling.leaves)
    for code, names in tree.truths:
        held = truth("v0", names)
        text.line(2, f"all{filling.index(code)}['', 'true' if {held} else 'false'].append(n)")
    text.children(tree.root, "v0", 2)
    lines = ["def bind(index, flush, day, time, short, span):"]
    for code, number in filling.written.items():
        if kinds[code] == "date":
            lines.append(
                f"    low{number}, high{number}, low_day{number}, high_day{number} = index({code!r}).filling()"
            )
            lines.append(f"    add{number} = index({code!r}).add")
        else:
            lines.append(f"    all{number} = index({code!r}).filling()")
    lines += ["    units = {}", "    rows = []", "    add = rows.append", "    def fill(n, v0):", *text.lines]
    lines += ["        if rows: flush(n, rows)", "    return fill"]
    compiled = compile("\n".join(lines), f"<loading of {resource_type}>", "exec")
    return Program(
        (*(code for code, _ in tree.truths), *places),
        compiled,
        {name: writer for writer, name in text.names.items()},
        tuple(derived),
    )


# -- dates -------------------------------------------------------------------------------------------------------------


class _Days(dict[str, int]):
    """`2020-01-02` -> days since 0001-01-01."""

    def __missing__(self, text: str) -> int:
        self[text] = day = date_range(text).low_day
        return day


class _Times(dict[str, int]):
    """`T10:00:00Z` -> the milliseconds that it adds to those of its day's number, to be in those since 1970."""

    def __missing__(self, text: str) -> int:
        low, _, day, _ = date_range(f"2000-01-01{text}")
        self[text] = at = low - day * 86_400_000
        return at


class _Short(dict[str, DateRange]):
    """Days, months and years."""

    def __missing__(self, text: str) -> DateRange:
        self[text] = span = date_range(text)
        return span


class Dates:
    """What a load remembers of the dates it has read: most come again."""

    def __init__(self) -> None:
        self.day, self.time, self.short = _Days(), _Times(), _Short()

    def span(self, text: str) -> tuple[int, int, int, int]:
        if len(text) <= 10:
            return self.short[text]
        day = self.day[text[:10]]
        at = day * 86_400_000 + self.time[text[10:]]
        return at, at + 1, day, day + 1


# -- one segment -------------------------------------------------------------------------------------------------------


class _Indexes(dict[str, ParameterIndex]):
    """parameter -> its index, made when first asked for. kinds: of the parameters."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        super().__init__()
        self._kinds = kinds

    def __missing__(self, code: str) -> ParameterIndex:
        self[code] = made = KINDS[self._kinds[code]]()
        return made

    def flush(self, n: int, rows: list[Row]) -> None:
        for code, key in rows:
            self[code].add(n, key)
        rows.clear()


class Filler:
    """Fills the indexes of one segment. `fill` each document, then `finish`."""

    def __init__(self, segment: Loaded, dates: Dates) -> None:
        self.segment = segment
        resource_type = segment.resource_type
        self._program = program(resource_type)
        self._indexes = _Indexes({parameter.code: parameter.type for parameter in indexed_parameters(resource_type)})
        scope: dict[str, Any] = {**self._program.names, "ALWAYS": ALWAYS, "DateRange": DateRange, "NEITHER": NEITHER}
        exec(self._program.code, scope)
        index, bind = self._indexes, scope.pop("bind")  # popped: what refers to itself would outlive the load
        self.fill: Fill = bind(index.__getitem__, index.flush, dates.day, dates.time, dates.short, dates.span)

    def finish(self) -> dict[str, ParameterIndex]:
        """parameter -> its index, frozen; those that hold the same are the same. None is empty."""
        found = {code: index for code, index in self._indexes.items() if not index.is_empty()}
        for code, parts, prefix in self._program.derived:
            held = [found[part] for part in parts if part in found]
            if not held:
                continue
            index = held[0].merged(held[1:]) if len(held) > 1 else held[0]
            if prefix and isinstance(index, KeyIndex):
                index = index.starting(prefix)
            if not index.is_empty():
                found[code] = index
        for index in {id(index): index for index in found.values()}.values():
            index.freeze()
        return {code: found[code] for code in self._program.order if code in found}
