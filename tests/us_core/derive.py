"""Searches derived from data, as Inferno's US Core kit does: the values are taken from resources of the profile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fhir_r4 import reference_of
from tests.us_core.matcher import Clause, parts, tokens
from tests.us_core.paths import values
from tests.us_core.table import Parameter, Profile

Resource = dict[str, Any]


@dataclass(frozen=True)
class Search:
    """extra: `_include` or `_revinclude` as (name, value)."""

    type: str
    clauses: tuple[Clause, ...]
    expectation: str
    extra: tuple[tuple[str, str], ...] = ()

    @property
    def query(self) -> str:
        """URL-encoded, the same for GET and as a form."""
        written = [(c.name, ",".join(map(_escaped, c.alternatives))) for c in self.clauses]
        return "&".join(f"{name}={quote(value, safe=',')}" for name, value in (*written, *self.extra))

    @property
    def address(self) -> str:
        return f"{self.type}?{self.query}"

    def matches(self, resources: Sequence[Resource]) -> frozenset[str]:
        """References of what it must find."""
        return frozenset(reference_of(r) for r in resources if all(clause.matches(r) for clause in self.clauses))


def searches(profile: Profile, resources: Sequence[Resource], each: int) -> Iterator[Search]:
    """Every search of the profile with values from up to `each` of the resources (all of the profile)."""
    for names, expectation in profile.searches:
        rows = [r for r in resources if all(_found(profile.parameters[name], r) for name in names)]
        for number, row in enumerate(_spread(rows, each)):
            yield from _of_row(profile, names, expectation, row, rows, number)


def _of_row(
    profile: Profile, names: Sequence[str], expectation: str, row: Resource, rows: Sequence[Resource], number: int
) -> Iterator[Search]:
    clauses = [_clause(profile, name, row, number) for name in names]
    plain = Search(profile.type, tuple(clauses), expectation)
    yield plain
    for place, name in enumerate(names):
        for several in _variants(profile.parameters[name], clauses[place], row, rows):
            yield Search(profile.type, (*clauses[:place], *several, *clauses[place + 1 :]), expectation)
    for way, paths in (("_include", profile.includes), ("_revinclude", profile.revincludes)):
        for path in paths:
            yield Search(profile.type, tuple(clauses), expectation, ((way, path),))


def _variants(parameter: Parameter, clause: Clause, row: Resource, rows: Sequence[Resource]) -> Iterator[list[Clause]]:
    """The same search with each comparator, a range, alternatives, several that must all hold, another code."""
    name, value = clause.name, clause.alternatives[0]
    for bound in _bounds(value) if parameter.comparators else (value,):
        for prefix in parameter.comparators:
            yield [Clause(name, parameter, (prefix + bound,))]
        if parameter.comparators:
            yield [Clause(name, parameter, (prefix + bound,)) for prefix in ("ge", "le")]
    if parameter.multiple_or:
        seen = {token for r in rows for token in _written(parameter, r, whole=True)}
        yield [Clause(name, parameter, tuple(sorted(seen | set(parameter.values)))[:12])]
    every = _written(parameter, row, whole=True)
    if len(every) > 1:
        yield [Clause(name, parameter, (token,)) for token in every[:3]]
    for code in [code for code in parameter.values if code not in value][:1]:
        yield [Clause(name, parameter, (code,))]


def _bounds(value: str) -> tuple[str, ...]:
    """Days and instants: HAPI completes a month or year after a prefix in its own way, which other tests hold."""
    return (value, value[:10]) if len(value) > 10 else (f"{value}-01-01"[:10],)


def _clause(profile: Profile, name: str, row: Resource, number: int) -> Clause:
    """Codes with their system and without, references with their type and without, by turns."""
    parameter = profile.parameters[name]
    options = _written(parameter, row, whole=number % 2 == 0)
    return Clause(name, parameter, (options[number % len(options)],))


def _found(parameter: Parameter, row: Resource) -> bool:
    return bool(_written(parameter, row, whole=True))


def _written(parameter: Parameter, row: Resource, whole: bool) -> list[str]:
    """The values of a resource as one writes them in a search."""
    found = [value for path in parameter.paths for value in values(row, path)]
    return list(dict.fromkeys(text for value in found for text in _texts(value, whole) if text))


def _texts(value: Any, whole: bool) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif "reference" in value:
        yield value["reference"] if whole else value["reference"].rpartition("/")[2]
    elif value.keys() & {"start", "end"}:
        yield value.get("start", value.get("end", ""))
    elif value.keys() & {"coding", "code", "value"}:
        yield from (f"{system}|{code}" if whole and system else code for system, code in tokens(value))
    elif value.keys() & {"family", "city"}:
        yield from parts({key: value[key] for key in ("family", "given", "city", "postalCode", "line") if key in value})


def _spread(rows: Sequence[Resource], number: int) -> Sequence[Resource]:
    """Up to that many, evenly from all."""
    return [rows[k * len(rows) // number] for k in range(number)] if len(rows) > number else rows


def _escaped(text: str) -> str:
    for mark in "\\,$":
        text = text.replace(mark, "\\" + mark)
    return text
