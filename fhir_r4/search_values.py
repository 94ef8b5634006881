"""The values of search parameters, read once from the query string. https://hl7.org/fhir/R4/search.html"""

import re
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from fhir_r4.date_text import bad_date
from fhir_r4.dates import LAST_DAY, DateRange, date_range
from fhir_r4.problem import Invalid, Unsupported
from fhir_r4.rules import Rules
from fhir_r4.search_parameters import SearchParameter


class TokenValue(NamedTuple):
    """system: None any, "" none. code: None any code of the system."""

    system: str | None
    code: str | None


class DateValue(NamedTuple):
    """by_day: compare days as written, else instants."""

    prefix: str
    range: DateRange
    by_day: bool


class NumberValue(NamedTuple):
    """system and code: None any. slack: how far eq and ne reach. by_unit: the code may also be the unit's text. near:
    how far ap reaches, below 0 not even to the number itself."""

    prefix: str
    number: float
    system: str | None = None
    code: str | None = None
    slack: float = 0.0
    by_unit: bool = False
    near: float = 0.0


class ReferenceValue(NamedTuple):
    """The index keys that match: `Type/id` for each type it may be, or a URL."""

    keys: tuple[str, ...]


class TextValue(NamedTuple):
    """A string or a URI. wild: `_` stands for any one character, and `\\_` for itself."""

    text: str
    wild: bool = False


Value = TokenValue | DateValue | NumberValue | ReferenceValue | TextValue

_ESCAPED = re.compile(r"\\([,|$\\])")
_BAR, _DOLLAR = re.compile(r"(?<!\\)\|"), re.compile(r"(?<!\\)\$")
_PREFIXED = re.compile(r"(?P<prefix>[^-%\d]*)(?P<rest>.*)", re.DOTALL)
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(?P<places>\.\d+)?(?P<power>[eE][+-]?\d+)?", re.ASCII)
_REFERENCE = re.compile(r"(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(/_history/.+)?")
PREFIXES = ("eq", "ne", "gt", "ge", "lt", "le", "sa", "eb", "ap")
_SYMBOLS = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "=": "eq", "~": "ap"}
_LONGEST_POWER = 6
LONGEST_TEXT = 768
"""The longest string that HAPI indexes and searches by."""


def split_list(text: str) -> list[str]:
    """Comma-separated values, blank ones dropped. An escaped comma becomes a comma, other escapes are kept."""
    if "\\" not in text:
        return [part for part in text.split(",") if part.strip()]
    parts, start = [""], 0
    for at, letter in enumerate(text):
        if letter == ",":
            part = parts[-1] = parts[-1] + text[start:at]
            start = at + 1
            if (len(part) - len(part.rstrip("\\"))) % 2:
                parts[-1] = part[:-1] + ","
            else:
                parts.append("")
    parts[-1] += text[start:]
    return [part for part in parts if part.strip()]


def unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def split_composite(text: str) -> list[str]:
    """The parts of a composite value; HAPI takes a leading `$` as a letter."""
    return _split(text, _DOLLAR)


def _split(text: str, mark: re.Pattern[str]) -> list[str]:
    """Parts between marks, the first letter never a mark, no empty part at the end."""
    parts = mark.split(text[1:])
    parts[0] = text[:1] + parts[0]
    return parts if parts[-1] else parts[:-1]


def token_value(text: str) -> TokenValue | None:
    """None for a bare `|`, which filters nothing."""
    if "\\" not in text:
        system, bar, code = text.partition("|")
        if not bar:
            return TokenValue(None, text.strip())
        system, code = system.strip(), code.strip()
        return TokenValue(system, code or None) if system or code else None
    system, bar, code = _at_bar(text)
    if not bar:
        return TokenValue(None, unescape(text).strip())
    system, code = unescape(system).strip(), unescape(code).strip()
    return TokenValue(system, code or None) if system or code else None


def _at_bar(text: str) -> tuple[str, str, str]:
    bar = _BAR.search(text)
    return (text, "", "") if bar is None else (text[: bar.start()], "|", text[bar.end() :])


def reference_value(text: str, parameter: SearchParameter, modifier: str) -> ReferenceValue:
    match = _REFERENCE.fullmatch(text)
    if match:
        keys = (f"{match['type']}/{match['id']}",) if modifier in ("", match["type"]) else ()
        return ReferenceValue(keys)
    types = (modifier,) if modifier else parameter.targets
    bare = () if "/" in text or ":" in text else tuple(f"{name}/{text}" for name in types)
    return ReferenceValue((*bare, text))


def _prefixed(text: str) -> tuple[str, str]:
    match = _PREFIXED.fullmatch(text)
    assert match is not None
    given, rest = match["prefix"], match["rest"]
    if given and not rest:
        raise Invalid(f'HAPI-1940: Invalid date/time/quantity format: "{text}"', issue="processing")
    prefix = _SYMBOLS.get(given, given) if given.strip() else "eq"
    if prefix not in PREFIXES:
        raise Invalid(f'HAPI-1941: Invalid prefix: "{given}"', issue="processing")
    return prefix, rest


@lru_cache(maxsize=1024)
def date_value(text: str, rules: Rules, inner: bool = False) -> DateValue:
    """inner: at the end of a chain, in a composite or a _filter, or of a parameter that a guide adds."""
    prefix, rest = _prefixed((text.lstrip() if inner else text).replace(" ", "+"))  # an unescaped + in a query string
    if prefix == "ap" and not rules.takes_date_ap:
        if inner:
            raise Invalid(
                "HAPI-1921: Invalid comparator for date range parameter:APPROXIMATE. This is a bug.", issue="processing"
            )
        raise Invalid("HAPI-1925: Unknown comparator: APPROXIMATE", issue="processing")
    if not _DATE.fullmatch(rest):
        raise bad_date(rest)
    try:
        span = date_range(rest)
    except ValueError:
        raise bad_date(rest) from None
    if len(rest) < 10 and prefix not in ("eq", "ne") and rules.completes_partial_dates:
        span = _completed(prefix, span)
    return DateValue(prefix, span, len(rest) <= 10 and rules.compares_days_as_written)


def _completed(prefix: str, span: DateRange) -> DateRange:
    last = min(span.high_day, LAST_DAY) - 1
    day = last if prefix in ("ge", "gt", "sa") else span.low_day
    return DateRange(span.low, span.high, day, day + 1)


_EAST, _WEST = 14 * 3_600_000, 12 * 3_600_000


def updated_value(text: str, rules: Rules) -> DateValue:
    """A value of _lastUpdated, which is compared as an instant. HAPI takes a day as that day anywhere on earth."""
    value = date_value(text, replace(rules, completes_partial_dates=False))
    if not rules.spans_zones_of_updates or "T" in text:
        return value._replace(by_day=False)
    low, high, *days = value.range
    lower, upper = value.prefix in ("ge", "gt", "sa"), value.prefix in ("le", "lt", "eb")
    low += _WEST if upper else -_EAST
    high += -_EAST if lower else _WEST
    return DateValue(value.prefix, DateRange(low, high, *days), False)


def number_value(text: str, rules: Rules) -> NumberValue:
    prefix, rest = _prefixed(text)
    if prefix in ("sa", "eb") and not rules.takes_number_sa_eb:
        raise Invalid(
            f'HAPI-1235: Unable to handle number prefix "{prefix}" for value: {prefix}{rest}', issue="processing"
        )
    number = _number(rest)
    return NumberValue(prefix, number, slack=_slack(rest, rules), near=_near(number, rules))


def quantity_value(text: str, rules: Rules) -> NumberValue | None:
    """`5.4`, `gt5.4|http://unitsofmeasure.org|mg` or `5.4||mg`. None if there is no number."""
    parts = [unescape(part).strip() for part in _split(text, _BAR)]
    if not parts or not parts[0]:
        return None
    prefix, rest = _prefixed(parts[0])
    system, code = (parts[1] if len(parts) > 1 else "", parts[2] if len(parts) > 2 else "")
    if prefix in ("sa", "eb") and not rules.takes_number_sa_eb:
        raise Invalid(
            f'HAPI-1235: Unable to handle quantity prefix "{prefix}" for value: {prefix}{rest}|{system}|{code}',
            issue="processing",
        )
    number, slack, by_unit = _number(rest), _slack(rest, rules), not rules.units_are_codes and not system
    near = _near(number, rules)
    return NumberValue(prefix, number, (system or None) if code else None, code or None, slack, by_unit, near)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise Invalid(f'HAPI-1940: Invalid date/time/quantity format: "{text}"', issue="processing")
    return float(text)


def _near(number: float, rules: Rules) -> float:
    """A tenth of the number. HAPI takes it with its sign: the range around a negative number is then empty."""
    return (abs(number) if rules.finds_near_negatives else number) / 10


def _slack(text: str, rules: Rules) -> float:
    """Half a unit of the last place that is written."""
    match = _NUMBER.fullmatch(text)
    if not rules.numbers_have_precision or match is None or len(match["power"] or "") > _LONGEST_POWER:
        return 0.0
    places = len(match["places"] or ".") - 1
    return float(f"0.5e{int((match['power'] or 'e0')[1:]) - places}")


def text_value(text: str, rules: Rules) -> TextValue:
    text = unescape(text)
    return TextValue(text, rules.underscores_are_wildcards and ("_" in text or "\\" in text))


def read_values(
    parameter: SearchParameter, modifier: str, text: str, rules: Rules, inner: bool = False
) -> tuple[Value, ...]:
    """The alternatives of one parameter value; empty means it filters nothing."""
    parts, inner = split_list(text), inner or parameter.is_added
    if parameter.type == "date" and len(parts) > 1 and not rules.takes_date_lists and not inner:
        raise Invalid("HAPI-1930: DateRange parameter does not support OR queries", issue="processing")
    read = (read_value(parameter, modifier, part, rules, inner) for part in parts)
    values = tuple(value for value in read if value is not None)
    if parameter.type == "quantity" and len(values) > 1 and rules.first_prefix_rules_quantities:
        first = values[0]
        assert isinstance(first, NumberValue)
        return tuple(value._replace(prefix=first.prefix) for value in values if isinstance(value, NumberValue))
    return values


def read_value(parameter: SearchParameter, modifier: str, text: str, rules: Rules, inner: bool = False) -> Value | None:
    match parameter.type:
        case "token":
            return token_value(text)
        case "reference":
            return reference_value(text, parameter, modifier)
        case "date" if parameter.code == "_lastUpdated":
            return updated_value(text, rules)
        case "date":
            return date_value(text, rules, inner)
        case "string":
            return text_value(text.strip() if modifier == "exact" else text, rules)
        case "uri":
            return text_value(text.strip(), rules)
        case "quantity":
            return quantity_value(text, rules)
        case "number":
            return number_value(text, rules)
    raise Unsupported(f"{parameter.type} parameters such as {parameter.code} are not offered")
