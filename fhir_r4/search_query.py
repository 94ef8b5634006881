"""A search request as data: `parse_search` reads the query string, and refuses what `offer` does not offer."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from fhir_r4.elements import is_resource_type, require_resource_type
from fhir_r4.offer import (
    CHAIN_DEPTH,
    RESULT_PARAMETERS,
    SUMMARIES,
    include_codes,
    is_ignored,
    refuse_contained,
    require_label_code,
    require_modifier,
    require_parameter,
)
from fhir_r4.problem import Invalid, Unsupported
from fhir_r4.search_parameters import SearchParameter, search_parameters
from fhir_r4.search_values import DateValue, Value, read_values


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition: any of `values`, or `missing`, or for a chain any of (target type, condition on it)."""

    parameter: SearchParameter
    modifier: str = ""
    values: tuple[Value, ...] = ()
    missing: bool | None = None
    chain: tuple[tuple[str, "Clause"], ...] = ()


@dataclass(frozen=True, slots=True)
class SortKey:
    parameter: SearchParameter
    descending: bool


@dataclass(frozen=True, slots=True)
class Include:
    """`source:parameter[:target]`; reverse for _revinclude."""

    source: str
    parameter: SearchParameter
    target: str | None
    reverse: bool


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """count: the page size asked for. summary: `count`, `false` or None. elements: names, or None for all."""

    resource_type: str
    clauses: tuple[Clause, ...] = ()
    sort: tuple[SortKey, ...] = ()
    includes: tuple[Include, ...] = ()
    count: int | None = None
    summary: str | None = None
    elements: tuple[str, ...] | None = None
    total: str | None = None


def check_search(resource_type: str, query: str) -> None:
    """Raises a Problem if this search is not offered.

    NotFound: unknown type. Invalid: unknown parameter (the message lists the valid ones), bad value or chain.
    Unsupported: a parameter type, modifier or feature that is not offered. MethodNotAllowed: _contained.
    """
    parse_search(resource_type, query)


@lru_cache(maxsize=4096)
def parse_search(resource_type: str, query: str) -> SearchQuery:
    """Read a raw query string (percent-encoded, without `?`). Raises as `check_search`."""
    require_resource_type(resource_type)
    pairs = parse_qsl(query, keep_blank_values=True)
    results: dict[str, list[str]] = {}
    clauses: list[Clause] = []
    for name, text in pairs:
        code, _, modifier = name.partition(":")
        refuse_contained(code)
        if code in RESULT_PARAMETERS:
            results.setdefault(name, []).append(text)
        elif code in search_parameters(resource_type) or not is_ignored(code):
            clause = _clause(resource_type, name, text, CHAIN_DEPTH)
            clauses += [clause] if clause is not None else []
    _check_bounds(clauses)
    first = {name: values[0] for name, values in results.items()}
    summary, elements = _summary(first.get("_summary")), _elements(results.get("_elements", []))
    if summary == "count" and elements is not None:
        raise Invalid("HAPI-0304: Cannot combine the _summary and _elements parameters", issue="processing")
    return SearchQuery(
        resource_type,
        tuple(clauses),
        sort=_sort(resource_type, results),
        includes=_all_includes(results),
        count=_count(first.get("_count")),
        summary=summary,
        elements=elements,
        total=first.get("_total"),
    )


def _clause(resource_type: str, name: str, text: str, depth: int) -> Clause | None:
    head, dot, rest = name.partition(".")
    code, _, modifier = head.partition(":")
    parameter = require_parameter(resource_type, code)
    if dot:
        return _chain(parameter, modifier, rest, text, depth)
    require_modifier(parameter, modifier)
    if modifier == "missing":
        return Clause(parameter, modifier, missing=_boolean(name, text))
    require_label_code(parameter, text)
    values = read_values(parameter, modifier, text)
    return Clause(parameter, modifier, values) if values else None


def _boolean(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise Invalid(f"{name} takes true or false, not {text!r}", issue="processing")
    return text == "true"


def _chain(parameter: SearchParameter, modifier: str, rest: str, text: str, depth: int) -> Clause | None:
    chained = f"{parameter.code}.{rest}"
    if parameter.type != "reference":
        raise Invalid(
            f'HAPI-1935: Invalid search parameter "{chained}". Chains are only allowed on reference parameters',
            issue="processing",
        )
    if depth == 0:
        raise Unsupported(f"{chained}: chains of more than {CHAIN_DEPTH} step are not offered; search in two requests")
    types = (modifier,) if modifier else parameter.targets
    if rest.startswith("_id"):
        raise Unsupported(f"{chained} is not offered (HAPI finds nothing by it); search by {parameter.code}=id")
    code = rest.partition(".")[0].partition(":")[0]
    links = [
        (target, _clause(target, rest, text, depth - 1))
        for target in types
        if is_resource_type(target) and code in search_parameters(target)
    ]
    if not links:
        raise Invalid(f"HAPI-1243: Invalid parameter chain: {chained}", issue="processing")
    kept = tuple((target, clause) for target, clause in links if clause is not None)
    return Clause(parameter, modifier, chain=kept) if kept else None


_LOWER, _UPPER = ("ge", "gt", "sa"), ("le", "lt", "eb")


def _check_bounds(clauses: list[Clause]) -> None:
    seen: set[tuple[str, str]] = set()
    for clause in clauses:
        for value in clause.values:
            if isinstance(value, DateValue) and value.prefix in (*_LOWER, *_UPPER):
                bound = "lower" if value.prefix in _LOWER else "upper"
                if (clause.parameter.code, bound) in seen:
                    raise Invalid(
                        "HAPI-1923: Can not have multiple date range parameters for the same param that specify "
                        f"a {bound} bound ({clause.parameter.code})",
                        issue="processing",
                    )
                seen.add((clause.parameter.code, bound))


def _summary(text: str | None) -> str | None:
    if text in ("true", "text", "data"):
        raise Unsupported(f"_summary={text} is not offered; use _elements, or _summary={', '.join(sorted(SUMMARIES))}")
    return text if text in SUMMARIES else None


def _count(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise Invalid(f"HAPI-0375: Invalid _count value: {text}", issue="processing")
    return int(text[:9])


def _elements(texts: list[str]) -> tuple[str, ...] | None:
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    return tuple(names) or None


def _sort(resource_type: str, given: dict[str, list[str]]) -> tuple[SortKey, ...]:
    keys: list[SortKey] = []
    if sum(len(values) for name, values in given.items() if name.partition(":")[0] == "_sort") > 1:
        raise Unsupported("_sort is offered once; give its keys as one list, as _sort=-date,_id")
    for name, values in given.items():
        if name.partition(":")[0] == "_sort":
            direction = name.partition(":")[2]
            keys += [_sort_key(resource_type, key, direction) for text in values for key in text.split(",") if key]
    return tuple(keys)


def _sort_key(resource_type: str, text: str, direction: str) -> SortKey:
    code = text.removeprefix("-")
    if "." in code:
        raise Unsupported(f"_sort={text}: chained sort keys are not offered; sort by {resource_type}'s own parameters")
    if code not in search_parameters(resource_type):
        known = ", ".join(search_parameters(resource_type))
        raise Invalid(
            f'HAPI-1194: Unknown _sort parameter value "{code}" for resource type "{resource_type}" (Note: sort '
            f"parameters values must use a valid Search Parameter). Valid values for this search are: [{known}]",
            issue="processing",
        )
    return SortKey(require_parameter(resource_type, code), text.startswith("-") or direction == "desc")


def _all_includes(given: dict[str, list[str]]) -> tuple[Include, ...]:
    return tuple(
        include
        for name, values in given.items()
        if name.startswith(("_include", "_revinclude"))
        for text in values
        for include in _includes(name, text)
    )


def _includes(name: str, text: str) -> list[Include]:
    option, _, modifier = name.partition(":")
    if not text:
        return []
    if modifier:
        raise Unsupported(f"{name} is not offered; use {option} without a modifier, in two requests")
    source, _, rest = text.partition(":")
    code, _, target = rest.partition(":")
    if "*" in (source, code):
        raise Unsupported(f"{option}={text}: wildcards are not offered; name each parameter")
    if not rest:
        raise Invalid(
            f'HAPI-2018: Invalid {option} parameter value: "{text}"; write Type:parameter', issue="processing"
        )
    if not is_resource_type(source) or (target and not is_resource_type(target)):
        raise Invalid(
            f'HAPI-2017: Invalid {option} parameter value: "{text}". Invalid/unsupported resource type: '
            f'"{target if is_resource_type(source) else source}"',
            issue="processing",
        )
    codes = include_codes(source)
    if code not in codes:
        raise Invalid(
            f'HAPI-2015: Invalid {option} parameter value: "{text}". Unknown search parameter "{code}" for resource '
            f'type "{source}". Valid search parameters for this search are: [{", ".join(codes)}]',
            issue="processing",
        )
    return [Include(source, search_parameters(source)[code], target or None, option == "_revinclude")]
