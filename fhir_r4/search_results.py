"""What a search asks about its results, not about what to find: order, includes, page, parts. Read once per query.

HAPI 8.8 reads `_sort` so: commas and a leading minus count in the first `_sort` alone; a further one is a single key
in the direction of the key before it. https://hl7.org/fhir/R4/search.html#return
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fhir_r4.elements import is_resource_type
from fhir_r4.limits import MOST_SORT_KEYS
from fhir_r4.problem import Invalid, TooCostly
from fhir_r4.query_string import escaped
from fhir_r4.rules import Rules
from fhir_r4.search_parameters import SearchParameter, search_parameters
from fhir_r4.tables import table


@dataclass(frozen=True, slots=True)
class SortKey:
    """chain: the (type referred to, parameter of it) to sort by, for a key such as `Patient:subject.family`."""

    parameter: SearchParameter
    descending: bool
    chain: tuple[str, SearchParameter] | None = None


@dataclass(frozen=True, slots=True)
class Include:
    """`source:parameter[:target]`. source None: the matches' own type (any type in reverse). parameter None: all.

    reverse: _revinclude. iterate: also from what was included.
    """

    source: str | None
    parameter: SearchParameter | None
    target: str | None
    reverse: bool
    iterate: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What of each resource is wanted. summary: `true`, `text`, `data`, or None. elements: names, None for all."""

    summary: str | None = None
    elements: tuple[str, ...] | None = None

    @property
    def whole(self) -> bool:
        return self.summary is None and self.elements is None


WHOLE = Part()


@dataclass(frozen=True, slots=True)
class Results:
    """count: the page size asked for. link: what a link to a page ends with, after its `_count`."""

    sort: tuple[SortKey, ...] = ()
    includes: tuple[Include, ...] = ()
    count: int | None = None
    offset: int | None = None
    total: str | None = None
    counts: bool = False
    """`_summary=count`"""
    part: Part = WHOLE
    link: str = ""


def read_results(resource_type: str, given: Mapping[str, list[str]], rules: Rules) -> Results:
    """given: the values of each result parameter, in the order of the query. Raises Invalid."""
    summaries, part = read_part(given)
    texts = given.get("_include", [])
    return Results(
        _sort(resource_type, given, rules),
        tuple(_includes(given, rules)),
        read_number(given, "_count", "HAPI-0375"),
        read_number(given, "_offset", "HAPI-0461"),
        next(iter(given.get("_total", [])), None),
        summaries == {"count"},
        part,
        page_link(given, [text for text in (*texts, *_other_includes(given)) if text], "searchset"),
    )


def read_number(given: Mapping[str, list[str]], name: str, code: str) -> int | None:
    """A whole number of 32 bits; None if it is not given or empty."""
    text = next(iter(given.get(name, [])), "")
    if not text:
        return None
    digits = text[1:] if text[0] in "+-" else text
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10 or abs(int(text)) >= 2**31:
        raise Invalid(f"{code}: Invalid {name} value: {text}", issue="processing")
    return int(text)


_SUMMARIES = frozenset({"true", "text", "data", "count", "false"})


def read_part(given: Mapping[str, list[str]]) -> tuple[frozenset[str], Part]:
    """(what `_summary` names, the part it and `_elements` mean). Raises Invalid if they do not go together."""
    elements = _elements(given.get("_elements", ()))
    if "_summary" not in given:
        return frozenset(), Part(None, elements) if elements else WHOLE
    named = {text.strip().lower() for value in given["_summary"] for text in value.split(",")} & _SUMMARIES
    if "text" in named and len(named) > 1:
        raise Invalid("HAPI-0380: Can not combine _summary=text with other values for _summary", issue="processing")
    if elements and named - {"false"}:
        raise Invalid("HAPI-0304: Cannot combine the _summary and _elements parameters", issue="processing")
    summary = next((name for name in ("true", "data", "text") if name in named), None)
    return frozenset(named), Part(summary, elements)


def _elements(texts: Iterable[str]) -> tuple[str, ...] | None:
    names = {name.strip() for text in texts for name in text.split(",")} - {""}
    return tuple(sorted(names)) or None


def page_link(given: Mapping[str, list[str]], includes: Iterable[str], bundle_type: str) -> str:
    """The last parameters of a link to another page, as HAPI writes them unless pretty printing is its default."""
    link = "".join(f"&_format={escaped(text)}" for text in given.get("_format", [])[:1])
    link += "&_pretty=true" if given.get("_pretty", [""])[0] == "true" else ""
    link += "".join(f"&_include={escaped(text)}" for text in dict.fromkeys(includes))
    link += f"&_bundletype={bundle_type}" if bundle_type else ""
    names = _elements(given.get("_elements", ())) or ()
    return link + (f"&_elements={','.join(escaped(name) for name in names)}" if names else "")


# -- order -------------------------------------------------------------------------------------------------------------


def _sort(resource_type: str, given: Mapping[str, list[str]], rules: Rules) -> tuple[SortKey, ...]:
    keys: list[SortKey] = []

    def add(text: str, descending: bool) -> None:
        keys.extend(_sort_keys(resource_type, text, descending, rules))

    for name, texts in given.items():
        if name in ("_sort:asc", "_sort:desc"):
            for text in texts:
                if text.strip():
                    add(text, name[6:] == "desc")
        elif name == "_sort":
            first = [text for text in texts[0].split(",") if text.strip() and text != "-"]
            for text in first:
                add(text.removeprefix("-"), text[0] == "-")
            sticky = keys[-1].descending if first else False
            for text in texts[1:]:
                if text.strip():
                    add(text, sticky)
    if len(keys) > MOST_SORT_KEYS:
        raise TooCostly(f"{len(keys)} keys are too many to sort by: name {MOST_SORT_KEYS} at most")
    return tuple(keys)


_LONGEST = 500
"""Characters that HAPI keeps of an error that it finds while it searches."""
_CLINICAL_PATIENT = "http://hl7.org/fhir/SearchParameter/clinical-patient"


def referred_types(resource_type: str, parameter: SearchParameter) -> tuple[str, ...]:
    """The types that a reference may point to as HAPI sees it: `patient` of clinical types may also be a Group."""
    if parameter.code == "patient" and resource_type in table("search-parameter-texts")[_CLINICAL_PATIENT][1]:
        return ("Group", *parameter.targets)
    return parameter.targets


_SORTED_BY_CHAIN = ("date", "string", "token")


def _sort_keys(resource_type: str, text: str, descending: bool, rules: Rules) -> list[SortKey]:
    """One key; for a composite one for each of its parts."""
    key = _sort_key(resource_type, text, descending, rules)
    parts = [search_parameters(resource_type, rules.guides)[code] for code, _ in key.parameter.components]
    return [SortKey(part, descending) for part in parts] or [key]


def _sort_key(resource_type: str, text: str, descending: bool, rules: Rules) -> SortKey:
    head, dot, rest = text.partition(".")
    target, colon, code = head.rpartition(":")
    parameter = search_parameters(resource_type, rules.guides).get(code)
    if parameter is None:
        raise _unknown_key("HAPI-1194", resource_type, code, rules)
    if parameter.type == "special":
        raise Invalid(
            f'HAPI-2307: Can not sort on coordinate parameter "{code}" unless this parameter is also specified as a '
            "search parameter with a latitude/longitude value",
            issue="processing",
        )
    if not dot:
        return SortKey(parameter, descending)
    targets = referred_types(resource_type, parameter)
    if "." in rest:
        raise Invalid(
            f"HAPI-2286: Invalid _sort expression, can not chain more than once in a sort expression: {text}",
            issue="processing",
        )
    return SortKey(parameter, descending, _sort_chain(parameter, targets, target if colon else "", rest, rules))


def _sort_chain(
    parameter: SearchParameter, targets: tuple[str, ...], target: str, code: str, rules: Rules
) -> tuple[str, SearchParameter]:
    if parameter.type != "reference":
        raise Invalid(
            f"HAPI-2285: Invalid chain, {parameter.code} is not a reference SearchParameter", issue="processing"
        )
    if not target and len(targets) != 1:
        raise Invalid(
            f"HAPI-2287: Unable to sort on a chained parameter from '{parameter.code}' as this parameter has multiple "
            "target types. Please specify the target type.",
            issue="processing",
        )
    name = target or targets[0]
    chained = search_parameters(name, rules.guides).get(code) if is_resource_type(name) else None
    if chained is None:
        raise _unknown_key("HAPI-2289", name, code, rules, _SORTED_BY_CHAIN)
    if chained.type not in _SORTED_BY_CHAIN:
        raise Invalid(
            f"HAPI-2290: Unable to sort on a chained parameter {parameter.code}.{code} as this parameter. Can not sort "
            f"on chains of target type: {chained.type.upper()}",
            issue="processing",
        )
    return name, chained


def _unknown_key(hapi: str, resource_type: str, code: str, rules: Rules, types: tuple[str, ...] = ()) -> Invalid:
    """types: the parameter types to list, all of them by default."""
    every = search_parameters(resource_type, rules.guides).values() if is_resource_type(resource_type) else ()
    known = ", ".join(parameter.code for parameter in every if not types or parameter.type in types)
    text = (
        f'{hapi}: Unknown _sort parameter value "{code}" for resource type "{resource_type}" (Note: sort parameters '
        f"values must use a valid Search Parameter). Valid values for this search are: [{known}]"
    )
    return Invalid(text[:_LONGEST], issue="processing")


# -- includes ----------------------------------------------------------------------------------------------------------


def _other_includes(given: Mapping[str, list[str]]) -> list[str]:
    return [text for name, texts in given.items() if name.startswith("_include:") for text in texts]


def _includes(given: Mapping[str, list[str]], rules: Rules) -> Iterable[Include]:
    for name, texts in given.items():
        option, _, modifier = name.partition(":")
        if option in ("_include", "_revinclude"):
            for text in texts:
                if text:
                    yield read_include(option, modifier, text, rules)


def read_include(option: str, modifier: str, text: str, rules: Rules) -> Include:
    """option: `_include` or `_revinclude`. Raises Invalid."""
    reverse, iterate = option == "_revinclude", modifier in ("iterate", "recurse")
    if text == "*":
        return Include(None, None, None, reverse, iterate)
    if "," in text:
        raise Invalid(
            f"HAPI-0441: 'OR' query parameters (values containing ',') are not supported in {option} parameters",
            issue="processing",
        )
    source, _, rest = text.partition(":")
    code, _, target = rest.partition(":")
    if not source or not code:
        raise _bad_include("HAPI-2018", option, text, "")
    if not is_resource_type(source):
        raise _bad_include("HAPI-2017", option, text, f'Invalid/unsupported resource type: "{source}"')
    if target and not is_resource_type(target):
        raise _bad_include("HAPI-2016", option, text, f'Invalid/unsupported resource type: "{target}"')
    if code == "*":
        return Include(source, None, None, reverse, iterate)
    known = search_parameters(source, rules.guides)
    parameter = known.get(code)
    if parameter is None:
        listed = ", ".join(p.code for p in known.values() if p.type == "reference")
        raise _bad_include(
            "HAPI-2015",
            option,
            text,
            f'Unknown search parameter "{code}" for resource type "{source}". '
            f"Valid search parameters for this search are: [{listed}]",
        )
    return Include(source, parameter, target or None, reverse, iterate)


def _bad_include(hapi: str, option: str, text: str, why: str) -> Invalid:
    return Invalid(f'{hapi}: Invalid {option} parameter value: "{text}". {why}', issue="processing")
