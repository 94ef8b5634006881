"""Turns FHIR values into index rows, one function per (parameter type, data type).

A row is (parameter code, key): tokens (system, code), references `Type/id` or a URL, strings and URIs their text, dates
a `DateRange`, quantities (number, system, code, unit). https://hl7.org/fhir/R4/search.html#table
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from fhir_r4 import ALWAYS, DateRange, Element, SearchParameter, date_range

Value = Any
Row = tuple[str, Any]
Add = Callable[[Row], None]
Writer = Callable[[Add, str, Value], None]

_days = lru_cache(maxsize=16384)(date_range)


@lru_cache(maxsize=4096)
def time_of_day(text: str) -> int:
    """Milliseconds from the start of a day in UTC to `T10:00:00-05:00` of that day."""
    return date_range(f"2000-01-01{text}").low - _days("2000-01-01").low


def _span(text: str) -> DateRange:
    """A day or coarser is that span; a date and time is that instant, as HAPI indexes it."""
    if len(text) <= 10:
        return _days(text)
    low, _, day, after = _days(text[:10])
    low += time_of_day(text[10:])
    return DateRange(low, low + 1, day, after)


def _code(add: Add, param: str, value: Value) -> None:
    add((param, ("", value)))


class Coded:
    """Writes codes that are bound to a value set, which gives them their systems. pairs: code -> (system, code)."""

    __slots__ = ("pairs",)

    def __init__(self, systems: Mapping[str, str]) -> None:
        self.pairs = {code: (system, code) for code, system in systems.items()}

    def __call__(self, add: Add, param: str, value: Value) -> None:
        add((param, self.pairs.get(value) or ("", value)))


def _boolean(add: Add, param: str, value: Value) -> None:
    add((param, ("", "true" if value is True or value == "true" else "false")))


def _coding(add: Add, param: str, value: Value) -> None:
    system, code = value.get("system", ""), value.get("code")
    if code is not None or system:
        add((param, (system, code or "")))


def _concept(add: Add, param: str, value: Value) -> None:
    for coding in value.get("coding", ()):
        system, code = coding.get("system", ""), coding.get("code")
        if code is not None or system:
            add((param, (system, code or "")))


def _identifier(add: Add, param: str, value: Value) -> None:
    system, text = value.get("system", ""), value.get("value")
    if text is not None or system:
        add((param, (system, text or "")))


def _contact(add: Add, param: str, value: Value) -> None:
    if "value" in value:
        add((param, (value.get("system", ""), value["value"])))


def _contact_value(add: Add, param: str, value: Value) -> None:
    if "value" in value:
        add((param, value["value"]))


def _reference(add: Add, param: str, value: Value) -> None:
    target = value.get("reference")
    if target and target[0] != "#":
        at = target.find("/_history/")
        add((param, target if at < 0 else target[:at]))


def _canonical(add: Add, param: str, value: Value) -> None:
    add((param, value))
    if "|" in value:
        add((param, value.partition("|")[0]))


def _text(add: Add, param: str, value: Value) -> None:
    add((param, str(value)))


def _human_name(add: Add, param: str, value: Value) -> None:
    for key in ("family", "text"):
        if key in value:
            add((param, value[key]))
    for key in ("given", "prefix", "suffix"):
        for part in filter(None, value.get(key, ())):
            add((param, part))


def _address(add: Add, param: str, value: Value) -> None:
    for key in ("city", "district", "state", "country", "postalCode"):
        if key in value:
            add((param, value[key]))
    for line in filter(None, value.get("line", ())):
        add((param, line))


def _quantity_text(add: Add, param: str, value: Value) -> None:
    if "value" in value:
        add((param, str(value["value"])))


def _range_text(add: Add, param: str, value: Value) -> None:
    if "low" in value:
        _quantity_text(add, param, value["low"])


def _coding_text(add: Add, param: str, value: Value) -> None:
    if "display" in value:
        add((param, value["display"]))


def _concept_text(add: Add, param: str, value: Value) -> None:
    if "text" in value:
        add((param, value["text"]))
    for coding in value.get("coding", ()):
        _coding_text(add, param, coding)


def _identifier_text(add: Add, param: str, value: Value) -> None:
    text = value.get("type", {}).get("text")
    if text is not None:
        add((param, text))


def _date(add: Add, param: str, value: Value) -> None:
    add((param, _span(value)))


def _period(add: Add, param: str, value: Value) -> None:
    start, end = value.get("start"), value.get("end")
    if start is None and end is None:
        return
    low = _span(start) if start is not None else ALWAYS
    high = _span(end) if end is not None else ALWAYS
    add((param, DateRange(low.low, high.high, low.low_day, high.high_day)))


def _timing(add: Add, param: str, value: Value) -> None:
    """One span from the first of its dates to the last."""
    bounds = value.get("repeat", {}).get("boundsPeriod", {})
    texts = [*value.get("event", ()), *(bounds[key] for key in ("start", "end") if key in bounds)]
    if texts:
        spans = [_span(text) for text in texts]
        first, last = min(spans), max(spans)
        add((param, DateRange(first.low, last.high, first.low_day, last.high_day)))


def _number(add: Add, param: str, value: Value) -> None:
    add((param, (float(value), "", "", "")))


_DAYS = {"a": 365.25, "mo": 30.4375, "wk": 7, "d": 1, "h": 1 / 24, "min": 1 / 1440, "s": 1 / 86_400}


def _amount(add: Add, param: str, value: Value) -> None:
    """A quantity as a plain number; HAPI indexes times in days."""
    if "value" in value:
        is_time = value.get("system") == "http://unitsofmeasure.org"
        scale = _DAYS.get(value.get("code", ""), 1) if is_time else 1
        add((param, (float(value["value"]) * scale, "", "", "")))


def _amounts(add: Add, param: str, value: Value) -> None:
    for bound in ("low", "high"):
        if bound in value:
            _amount(add, param, value[bound])


def _quantity(add: Add, param: str, value: Value) -> None:
    if "value" in value:
        unit = value.get("unit", "")
        add((param, (float(value["value"]), value.get("system", ""), value.get("code", ""), unit)))


def _money(add: Add, param: str, value: Value) -> None:
    if "value" in value:
        add((param, (float(value["value"]), "urn:iso:std:iso:4217", value.get("currency", ""), "")))


def _range(add: Add, param: str, value: Value) -> None:
    for bound in ("low", "high"):
        if bound in value:
            _quantity(add, param, value[bound])


_STRINGS = ("string", "markdown", "code", "id", "uri", "url", "canonical", "xhtml", "oid", "uuid")
_CODES = ("code", "string", "id", "uri", "url", "canonical", "oid", "uuid", "date", "dateTime", "instant", "markdown")

WRITERS: dict[str, dict[str, Writer]] = {
    "token": {
        **dict.fromkeys(_CODES, _code),
        "boolean": _boolean,
        "Coding": _coding,
        "CodeableConcept": _concept,
        "Identifier": _identifier,
        "ContactPoint": _contact,
    },
    "reference": {"Reference": _reference, "canonical": _canonical, "uri": _canonical},
    "string": {
        **dict.fromkeys(_STRINGS, _text),
        "HumanName": _human_name,
        "Address": _address,
        "ContactPoint": _contact_value,
        "Quantity": _quantity_text,
        "Age": _quantity_text,
        "Range": _range_text,
    },
    "date": {
        **dict.fromkeys(("date", "dateTime", "instant"), _date),
        "Period": _period,
        "Timing": _timing,
    },
    "number": {
        **dict.fromkeys(("integer", "decimal", "positiveInt", "unsignedInt"), _number),
        **dict.fromkeys(("Quantity", "Duration"), _amount),
        "Range": _amounts,
    },
    "quantity": {
        **dict.fromkeys(("Quantity", "Age", "Duration", "SimpleQuantity"), _quantity),
        "Money": _money,
        "Range": _range,
    },
    "uri": dict.fromkeys(("uri", "url", "canonical", "oid", "uuid"), _text),
    "text": {"Coding": _coding_text, "CodeableConcept": _concept_text, "Identifier": _identifier_text},
}
"""parameter type -> data type -> writer; a pair that is absent is not indexed, as in HAPI. `text`: of tokens."""


def writer_of(parameter: SearchParameter, element: Element) -> Writer | None:
    """How this parameter indexes this element; None if it does not."""
    if parameter.type == "token" and element.codes is not None:
        return Coded(element.codes)
    return WRITERS[parameter.type].get(element.type)
