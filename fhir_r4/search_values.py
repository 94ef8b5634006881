"""The values of search parameters, read once from the query string. https://hl7.org/fhir/R4/search.html

Rules measured on HAPI 8.8: a year or month after a prefix is first completed to a day (the last one for ge, gt, sa;
the first one for le, lt, eb), dates do not take a list, `ap` is refused, numbers compare exactly.
"""

import re
from dataclasses import dataclass

from fhir_r4.dates import LAST_DAY, DateRange, date_range
from fhir_r4.problem import Invalid, Unsupported
from fhir_r4.search_parameters import SearchParameter


@dataclass(frozen=True, slots=True)
class TokenValue:
    """system: None any, "" none. code: None any code of the system."""

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class DateValue:
    """by_day: compare days as written, else instants."""

    prefix: str
    range: DateRange
    by_day: bool


@dataclass(frozen=True, slots=True)
class NumberValue:
    """system and code: None any. code also matches the unit when there is no system."""

    prefix: str
    number: float
    system: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class ReferenceValue:
    """The index keys that match: `Type/id` for each type it may be, or a URL."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextValue:
    """A string or a URI."""

    text: str


Value = TokenValue | DateValue | NumberValue | ReferenceValue | TextValue

_SPLIT_COMMA = re.compile(r"(?<!\\),")
_SPLIT_BAR = re.compile(r"(?<!\\)\|")
_ESCAPED = re.compile(r"\\([,|$\\])")
_PREFIXED = re.compile(r"(?P<prefix>[A-Za-z<>=!]*)(?P<rest>.*)", re.DOTALL)
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_REFERENCE = re.compile(r"(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(/_history/.+)?")
_DATES, _NUMBERS = "dates take eq, ne, gt, ge, lt, le, sa, eb", "numbers take eq, ne, gt, ge, lt, le, ap"
PREFIXES = ("eq", "ne", "gt", "ge", "lt", "le", "sa", "eb")
_SYMBOLS = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "": "eq", "!=": "ne", "=": "eq"}


def split_list(text: str) -> list[str]:
    """Comma-separated values, escapes kept, empty ones dropped."""
    return [part for part in _SPLIT_COMMA.split(text) if part]


def unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def token_value(text: str) -> TokenValue | None:
    """None for a bare `|`, which filters nothing."""
    parts = [unescape(part) for part in _SPLIT_BAR.split(text)]
    if len(parts) == 1:
        return TokenValue(None, parts[0])
    system, code = parts[0], parts[1]
    return TokenValue(system, code or None) if system or code else None


def reference_value(text: str, parameter: SearchParameter, modifier: str) -> ReferenceValue:
    text = unescape(text)
    match = _REFERENCE.fullmatch(text)
    if match:
        keys = (f"{match['type']}/{match['id']}",) if modifier in ("", match["type"]) else ()
        return ReferenceValue(keys)
    types = (modifier,) if modifier else parameter.targets
    bare = () if "/" in text or ":" in text else tuple(f"{name}/{text}" for name in types)
    return ReferenceValue((*bare, text))


def _prefixed(text: str, what: str) -> tuple[str, str]:
    match = _PREFIXED.fullmatch(text)
    assert match is not None
    prefix, rest = match["prefix"], match["rest"]
    if not rest:
        raise Invalid(f'HAPI-1940: Invalid date/time/quantity format: "{text}"', issue="processing")
    prefix = _SYMBOLS.get(prefix, prefix)
    if prefix == "ap" and what == _DATES:
        raise Invalid(f"HAPI-1925: Unknown comparator: APPROXIMATE; {what}", issue="processing")
    if prefix not in (*PREFIXES, "ap"):
        raise Invalid(f'HAPI-1941: Invalid prefix: "{prefix}"', issue="processing")
    return prefix, rest


def date_value(text: str) -> DateValue:
    prefix, rest = _prefixed(text, _DATES)
    rest = rest.replace(" ", "+")  # an unescaped + in a query string
    if not _DATE.fullmatch(rest):
        raise Invalid(f'HAPI-1882: Invalid date/time format: "{rest}"', issue="processing")
    try:
        span = date_range(rest)
    except ValueError:
        raise Invalid(f'HAPI-1882: Invalid date/time format: "{rest}"', issue="processing") from None
    if len(rest) < 10 and prefix not in ("eq", "ne"):
        span = _completed(prefix, span)
    return DateValue(prefix, span, len(rest) <= 10)


def _completed(prefix: str, span: DateRange) -> DateRange:
    last = min(span.high_day, LAST_DAY) - 1
    day = last if prefix in ("ge", "gt", "sa") else span.low_day
    return DateRange(span.low, span.high, day, day + 1)


def number_value(text: str) -> NumberValue:
    prefix, rest = _prefixed(text, _NUMBERS)
    return NumberValue(_number_prefix(prefix), _number(rest))


def quantity_value(text: str) -> NumberValue:
    """`5.4`, `gt5.4|http://unitsofmeasure.org|mg` or `5.4||mg`."""
    number, *unit = [unescape(part) for part in _SPLIT_BAR.split(text)]
    prefix, rest = _prefixed(number, _NUMBERS)
    system, code = (unit[0] or None, unit[1] or None) if len(unit) > 1 else (None, unit[0] if unit else None)
    return NumberValue(_number_prefix(prefix), _number(rest), system, code)


def _number_prefix(prefix: str) -> str:
    if prefix in ("sa", "eb"):
        raise Invalid(f"HAPI-1235: Unable to handle number prefix {prefix}; use gt or lt", issue="processing")
    return prefix


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise Invalid(f'HAPI-1940: Invalid date/time/quantity format: "{text}"', issue="processing")
    return float(text)


def read_values(parameter: SearchParameter, modifier: str, text: str) -> tuple[Value, ...]:
    """The alternatives of one parameter value; empty means it filters nothing."""
    parts = split_list(text)
    if parameter.type == "date" and len(parts) > 1:
        raise Invalid(
            f"HAPI-1930: DateRange parameter does not support OR queries; send {parameter.code} once per bound",
            issue="processing",
        )
    found = (_read(parameter, modifier, part) for part in parts)
    return tuple(value for value in found if value is not None)


def _read(parameter: SearchParameter, modifier: str, text: str) -> Value | None:
    match parameter.type:
        case "token":
            return token_value(text)
        case "reference":
            return reference_value(text, parameter, modifier)
        case "date":
            return date_value(text)
        case "string" | "uri":
            return TextValue(unescape(text))
        case "quantity":
            return quantity_value(text)
        case "number":
            return number_value(text)
    raise Unsupported(f"{parameter.type} parameters such as {parameter.code} are not offered")
