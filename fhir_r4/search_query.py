"""A search request as data: `parse_search` reads the query string, and refuses what `offer` does not offer.

What the names in a query mean is worked out once and kept (`_plan`): the same names with new values are cheap to read.
"""

import re
from collections.abc import Iterable
from functools import lru_cache, partial
from typing import NamedTuple

from fhir_r4.clauses import Reading, read_condition, split_name, unknown_modifiers
from fhir_r4.conditions import NOTHING, Clause, Condition
from fhir_r4.elements import require_resource_type
from fhir_r4.limits import check_names, check_query
from fhir_r4.offer import RESULT_PARAMETERS, refuse_contained, refuse_special, unknown_parameter
from fhir_r4.problem import Invalid, Problem, Unsupported
from fhir_r4.query_string import Pairs, query_pairs
from fhir_r4.readers import Reader, reader_of
from fhir_r4.rules import HAPI, Rules
from fhir_r4.search_filter import read_filter
from fhir_r4.search_parameters import SearchParameter, search_parameters
from fhir_r4.search_results import Results, read_number, read_results
from fhir_r4.search_values import DateValue


class SearchQuery(NamedTuple):
    """What to find: what meets all clauses; and what to answer of it."""

    resource_type: str
    clauses: tuple[Condition, ...] = ()
    results: Results = Results()


def check_search(resource_type: str, query: str, rules: Rules = HAPI) -> None:
    """Raises a Problem if this search is not offered.

    NotFound: unknown type. Invalid: unknown parameter (the message lists the valid ones), bad value or chain.
    Unsupported: a parameter type, modifier or feature that is not offered. MethodNotAllowed: _contained, :of-type.
    """
    parse_search(resource_type, query, rules)


@lru_cache(maxsize=256)  # small: what is pushed out is still in the processor's caches
def parse_search(resource_type: str, query: str, rules: Rules = HAPI) -> SearchQuery:
    """Read a raw query string (percent-encoded, without `?`). Raises as `check_search`."""
    require_resource_type(resource_type)
    check_query(query)
    if "%" in query:
        _require_escapes(query)
    pairs = query_pairs(query)
    plan = _plan(resource_type, tuple([name for name, _ in pairs]), rules)
    for at in plan.contained:
        refuse_contained("_contained", pairs[at][1])
    asked = tuple([pairs[at] for at in plan.results])
    results = _results(resource_type, asked, rules)
    conditions = _conditions(plan, pairs, rules)
    return SearchQuery(resource_type, conditions, results or read_results(resource_type, _grouped(asked), rules))


@lru_cache(maxsize=1024)
def _results(resource_type: str, asked: Pairs, rules: Rules) -> Results | None:
    """None if they are bad: HAPI refuses a bad _count before what it refuses in conditions, all else after that."""
    given = _grouped(asked)
    read_number(given, "_count", "HAPI-0375")
    try:
        return read_results(resource_type, given, rules)
    except Problem:
        return None


def _grouped(asked: Pairs) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for name, text in asked:
        given.setdefault(name, []).append(text)
    return given


_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _require_escapes(query: str) -> None:
    bad = _BAD_ESCAPE.search(query)
    if bad is not None:
        raise Invalid(
            f"malformed escape {query[bad.start() : bad.start() + 3]!r} in the query; write % as %25",
            issue="processing",
        )


_SPECIAL = frozenset({"_content", "_filter", "_getpages", "_has", "_language", "_list", "_query", "_text"})


def _counts(resource_type: str, code: str, rules: Rules) -> bool:
    """Whether a parameter is read; HAPI ignores those that start with _ and that it does not know."""
    if code in _SPECIAL or code in search_parameters(resource_type, rules.guides):
        return True
    return not (code.startswith("_") and rules.ignores_unknown_underscores)


# -- the names of a query, read once -----------------------------------------------------------------------------------


class _Plan(NamedTuple):
    """What the names of a query on a type mean; numbers are places in it.

    contained, results: where parameters of these kinds are. first, later: how to read the others, in HAPI's order: the
    values of dates and numbers, then (`unknown`) the refusal of a name that is not known, then the rest. apart: no two
    conditions have to be taken together.
    """

    resource_type: str
    contained: tuple[int, ...]
    results: tuple[int, ...]
    first: tuple[tuple[int, Reader], ...]
    unknown: str | None
    later: tuple[tuple[int, Reader], ...]
    apart: bool


@lru_cache(maxsize=1024)
def _plan(resource_type: str, names: tuple[str, ...], rules: Rules) -> _Plan:
    check_names(names)
    known = search_parameters(resource_type, rules.guides)
    codes = [split_name(name)[0] for name in names]
    results = [at for at, code in enumerate(codes) if code in RESULT_PARAMETERS]
    asked = [at for at, code in enumerate(codes) if at not in results and _counts(resource_type, code, rules)]
    asked.sort(key=lambda at: ":" in names[at])
    modifiers = unknown_modifiers([name for at, name in enumerate(names) if at in asked])
    reading = Reading(resource_type, rules, unknown_modifiers=modifiers)
    first = [at for at in asked if codes[at] in known and _is_read_first(known[codes[at]])]
    later = [at for at in asked if at not in first]
    return _Plan(
        resource_type,
        tuple(at for at, code in enumerate(codes) if code == "_contained"),
        tuple(results),
        tuple((at, reader_of(reading, resource_type, names[at])) for at in first),
        next((codes[at] if names[at] else "null" for at in later if codes[at] not in {*known, *_SPECIAL}), None),
        tuple((at, _later(reading, resource_type, names[at])) for at in later),
        len({codes[at] for at in asked}) == len(asked) and all(names[at] in known for at in asked),
    )


def _conditions(plan: _Plan, pairs: Pairs, rules: Rules) -> tuple[Condition, ...]:
    found = [read(pairs[at][1]) for at, read in plan.first]
    if plan.unknown is not None:
        raise unknown_parameter(plan.resource_type, plan.unknown, rules)
    found += [read(pairs[at][1]) for at, read in plan.later]
    conditions = [condition for condition in found if condition is not None]
    return tuple(conditions) if plan.apart else _bounded(_one_id(conditions, rules), rules)


def _is_read_first(parameter: SearchParameter) -> bool:
    return parameter.type in ("date", "number", "quantity") and not parameter.is_added


def _later(reading: Reading, resource_type: str, name: str) -> Reader:
    code = split_name(name)[0]
    return (
        partial(_special, reading, resource_type, name) if code in _SPECIAL else reader_of(reading, resource_type, name)
    )


def _special(reading: Reading, resource_type: str, name: str, text: str) -> Condition | None:
    code = split_name(name)[0]
    refuse_special(resource_type, code, reading.rules)
    if code in ("_query", "_getpages"):
        raise Unsupported(f"{code} is not offered; search by {resource_type}'s own parameters")
    if code == "_list":
        return NOTHING
    if code == "_filter":
        return read_filter(reading, resource_type, text) if text.strip() else None
    return read_condition(reading, resource_type, name, text)


# -- conditions that HAPI takes together -------------------------------------------------------------------------------


def _one_id(conditions: list[Condition], rules: Rules) -> list[Condition]:
    """With an `_id:not`: one condition on the ids that every _id of the search names."""
    clauses = [one for one in conditions if isinstance(one, Clause) and one.parameter.code == "_id"]
    if not rules.negates_all_ids or not any(clause.modifier == "not" for clause in clauses):
        return conditions
    shared = [value for value in clauses[0].values if all(value in clause.values for clause in clauses)]
    rest = [one for one in conditions if one not in clauses]
    return [*rest, clauses[0]._replace(modifier="unless", values=tuple(shared)) if shared else NOTHING]


_LOWER, _UPPER = ("ge", "gt", "sa"), ("le", "lt", "eb")


def _bounded(conditions: list[Condition], rules: Rules) -> tuple[Condition, ...]:
    dates: dict[str, list[Clause]] = {}
    for one in conditions:
        if isinstance(one, Clause) and one.parameter.type == "date" and len(one.values) < 2:
            dates.setdefault(one.parameter.code, []).append(one)
    for clauses in dates.values():
        if len(clauses) > 1 and not rules.takes_many_date_bounds and not clauses[0].parameter.is_added:
            _check_bounds(clauses)
    if not rules.bounds_meet_in_one_date:
        return tuple(conditions)
    several = [clauses for clauses in dates.values() if len(clauses) > 1]
    merged = {id(one) for clauses in several for one in clauses}
    return (*map(_merged, several), *(one for one in conditions if id(one) not in merged))


def _merged(clauses: Iterable[Clause]) -> Clause:
    first, *others = clauses
    return first._replace(modifier="all", values=(*first.values, *(value for one in others for value in one.values)))


def _check_bounds(clauses: list[Clause]) -> None:
    lower = upper = False
    for clause in clauses:
        prefix = clause.values[0].prefix if clause.values and isinstance(clause.values[0], DateValue) else "eq"
        if prefix in _LOWER:
            _refuse_second(lower, "HAPI-1923", "that specify a lower bound")
            lower = True
        elif prefix in _UPPER:
            _refuse_second(upper, "HAPI-1924", "that specify an upper bound")
            upper = True
        else:
            _refuse_second(lower or upper, "HAPI-1922", "without a qualifier")
            lower = upper = True


def _refuse_second(taken: bool, code: str, what: str) -> None:
    if taken:
        raise Invalid(
            f"{code}: Can not have multiple date range parameters for the same param {what}", issue="processing"
        )
