"""Turns FHIR values into index rows, one function per (parameter type, data type).

A row is (parameter code, key): tokens (system, code), references `Type/id` or a URL, strings and URIs their text, dates
a `DateRange`, quantities (number, system, code, unit). https://hl7.org/fhir/R4/search.html#table
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from fhir_r4 import ALWAYS, DateRange, date_range

Value = Any
Row = tuple[str, Any]
Add = Callable[[Row], None]
Writer = Callable[[Add, str, Value], None]

cached_range = lru_cache(maxsize=16384)(date_range)


def _code(add: Add, param: str, value: Value) -> None:
    add((param, ("", value)))


def coded(systems: Mapping[str, str]) -> Writer:
    """A writer of codes that are bound to a value set, which gives them their systems."""
    pairs = {code: (system, code) for code, system in systems.items()}

    def _bound_code(add: Add, param: str, value: Value) -> None:
        add((param, pairs.get(value) or ("", value)))

    return _bound_code


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
        for part in value.get(key, ()):
            add((param, part))


def _address(add: Add, param: str, value: Value) -> None:
    for key in ("text", "city", "district", "state", "country", "postalCode"):
        if key in value:
            add((param, value[key]))
    for line in value.get("line", ()):
        add((param, line))


def _concept_text(add: Add, param: str, value: Value) -> None:
    if "text" in value:
        add((param, value["text"]))
    for coding in value.get("coding", ()):
        if "display" in coding:
            add((param, coding["display"]))


def _date(add: Add, param: str, value: Value) -> None:
    add((param, cached_range(value) if len(value) <= 10 else date_range(value)))


def _period(add: Add, param: str, value: Value) -> None:
    start, end = value.get("start"), value.get("end")
    if start is None and end is None:
        return
    low = date_range(start) if start is not None else ALWAYS
    high = date_range(end) if end is not None else ALWAYS
    add((param, DateRange(low.low, high.high, low.low_day, high.high_day)))


def _timing(add: Add, param: str, value: Value) -> None:
    ranges = [date_range(text) for text in value.get("event", ())]
    if ranges:
        lows, highs, low_days, high_days = zip(*ranges, strict=True)
        add((param, DateRange(min(lows), max(highs), min(low_days), max(high_days))))
    bounds = value.get("repeat", {}).get("boundsPeriod")
    if bounds:
        _period(add, param, bounds)


def _number(add: Add, param: str, value: Value) -> None:
    add((param, (float(value), "", "", "")))


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
        "CodeableConcept": _concept_text,
        "ContactPoint": _contact_value,
    },
    "date": {
        **dict.fromkeys(("date", "dateTime", "instant"), _date),
        "Period": _period,
        "Timing": _timing,
    },
    "number": dict.fromkeys(("integer", "decimal", "positiveInt", "unsignedInt"), _number),
    "quantity": {
        **dict.fromkeys(("Quantity", "Age", "Count", "Distance", "Duration", "SimpleQuantity"), _quantity),
        "Money": _money,
        "Range": _range,
    },
    "uri": dict.fromkeys(("uri", "url", "canonical", "oid", "uuid"), _text),
}
"""parameter type -> data type -> writer; a pair that is absent is not indexed, as in HAPI."""
