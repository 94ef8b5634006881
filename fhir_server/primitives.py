"""Reads the value of a primitive element as HAPI's parser does: put right silently, or refused with HAPI's reason.

A reader takes a JSON scalar (never null, an object or a list) and returns what is stored; None drops the value. It
raises ValueError with the reason. https://hl7.org/fhir/R4/datatypes.html#primitive
"""

import base64
import binascii
import html
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any
from xml.parsers import expat

from fhir_r4 import WrittenNumber, dump_exact, primitives, valid_date

Reader = Callable[[Any], Any]

_DECIMAL = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_PLAIN = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_INTEGER = re.compile(r"[+-]?\d{1,10}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*=*")
_DIV = re.compile(r"<div(?P<attributes>[^>]*?)\s*(?P<closed>/?)>", re.DOTALL)
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]*;")
_ZONE = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d")
_XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
_LARGEST_EXPONENT = 300
_LARGEST = 10**_LARGEST_EXPONENT
_LONGEST_NUMBER = 300
_LONGEST_DATE = 50


def text_of(value: Any) -> str:
    """A JSON scalar as text: `true`, `5`, `1.50`."""
    return value if type(value) is str else str(value) if isinstance(value, str) else dump_exact(value)


@cache
def reader(type_name: str) -> Reader:
    """The reader of a primitive type."""
    return _READERS.get(type_name, any_text)


def code_reader(codes: Mapping[str, str], name: str) -> Reader:
    """The reader of codes from a required value set, which HAPI calls `name`."""

    def _code(value: Any) -> str:
        text = value if type(value) is str else text_of(value)
        if text not in codes:
            raise ValueError(f"Unknown {name} code '{text}'")
        return text

    return _code


def is_primitive(type_name: str) -> bool:
    return type_name in primitives()


def any_text(value: Any) -> str:
    return value if type(value) is str else text_of(value)


def _boolean(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    text = text_of(value)
    if text.strip() not in ("true", "false"):
        raise ValueError(f"Invalid boolean string: '{text}'")
    return text.strip() == "true"


def _integer(value: Any) -> int:
    text = text_of(value)
    if not _INTEGER.fullmatch(text) or not -(2**31) <= int(text) < 2**31:
        raise ValueError(f'java.lang.NumberFormatException: For input string: "{text}"')
    return int(text)


def _decimal(value: Any) -> int | WrittenNumber:
    if type(value) is int and -_LARGEST < value < _LARGEST:
        return value
    text = text_of(value).removeprefix("+")
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("the number is too long")
    if _PLAIN.fullmatch(text):
        return int(text) if text.lstrip("-").isdigit() else WrittenNumber(text)
    found = _DECIMAL.fullmatch(text)
    if not found:
        raise ValueError(_not_decimal(text))
    number = Decimal(text)
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("the exponent is too large")
    plain = format(number, "f")
    return WrittenNumber(plain) if "." in plain else int(plain)


def _not_decimal(text: str) -> str:
    digits, _, exponent = text.removeprefix("-").replace("E", "e").partition("e")
    odd = next((letter for letter in digits + exponent[1:] if letter not in "0123456789."), None)
    if odd is not None:
        return f'Character {odd} is neither a decimal digit number, decimal point, nor "e" notation exponential mark.'
    return "Character array contains more than one decimal point." if text.count(".") > 1 else "No digits found."


@lru_cache(maxsize=16384)
def _known_date(text: str) -> bool:
    return valid_date(text) and (
        len(text) <= 10 or text[-6] not in "+-" or _ZONE.fullmatch(text, len(text) - 6) is not None
    )


def _date_time(value: Any) -> str:
    text = text_of(value)
    if len(text) <= _LONGEST_DATE and _known_date(text) and (len(text) <= 10 or len(text) > 16):
        return text
    raise ValueError(_not_a_date(text.strip()))


def _not_a_date(text: str) -> str:
    """The reason, as HAPI's reader of dates finds it from left to right."""
    said = f'Invalid date/time format: "{text}"'
    if not text[:4].isdigit():
        return said
    for index, letter, size in ((4, "-", 7), (7, "-", 10), (10, "T", 16), (13, ":", 16)):
        if len(text) <= index:
            return said
        if index == 10 and len(text) < size:
            return said
        if text[index] != letter:
            if index == 13 and text[index] in "+-Z":  # taken for the start of a zone
                return said
            return f"{said}: Expected character '{letter}' at index {index} but found {text[index]}"
        if len(text) < size or not _real_so_far(text, index):
            return said
    zone = re.search(r"[Z+-]", text[11:])
    if zone and not re.fullmatch(r"Z.*|[+-]\d\d:\d\d", text[11 + zone.start() :]):
        return f'{said}: Timezone offset must be in the form "Z", "-HH:mm", or "+HH:mm"'
    if len(text) > 19 and text[19] not in ".Z+-" and text[16:17] == ":":
        return f"{said}: Expected character '.' at index 19 but found {text[19]}"
    return said


def _real_so_far(text: str, index: int) -> bool:
    """Whether the part before a separator is digits; HAPI looks at parts in turn."""
    return index > 7 or text[:index].replace("-", "").isdigit()


def _base64(value: Any) -> str | None:
    text = "".join(text_of(value).split())
    if not _BASE64.fullmatch(text):
        raise ValueError("")
    bare = text.rstrip("=")
    try:
        read = base64.b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error:
        raise ValueError("") from None
    return base64.b64encode(read).decode() or None


def _xhtml(value: Any) -> str | None:
    """A narrative: its `div` gets the XHTML namespace, named characters become themselves."""
    text = text_of(value).strip()
    if text.startswith("<?"):
        text = text.partition("?>")[2].strip()
    if not text.startswith("<"):
        return f"<div {_XHTML}>{text}</div>"
    start = _DIV.match(text)
    if start is None:
        raise ValueError("a narrative must be one <div>")
    if start["closed"]:
        return None
    if "xmlns" not in start["attributes"]:
        text = f"<div {_XHTML}{start['attributes']}>{text[start.end() :]}"
    if "&" in text:
        text = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    _check_well_formed(text)
    return text


def _check_well_formed(text: str) -> None:
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.UseForeignDTD(True)
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise MalformedError(
            f'HAPI-1755: String does not appear to be valid XML/XHTML (error is "{expat.ErrorString(error.code)} '
            f'at [row,col {{unknown-source}}]: [{error.lineno},{error.offset + 1}]"): {text}'
        ) from None


class MalformedError(Exception):
    """A narrative that is no XML; the message is HAPI's without its prefix."""


_READERS: dict[str, Reader] = {
    "boolean": _boolean,
    "integer": _integer,
    "positiveInt": _integer,
    "unsignedInt": _integer,
    "decimal": _decimal,
    "date": _date_time,
    "dateTime": _date_time,
    "instant": _date_time,
    "base64Binary": _base64,
    "xhtml": _xhtml,
}
