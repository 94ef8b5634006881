"""What HAPI says of a text that is no date or time, at the first character that is wrong."""

import re
from calendar import monthrange

from fhir_r4.problem import Invalid, Problem

_OFFSET = re.compile(r"[Z+-]")
_ZONE = re.compile(r"Z|[+-]\d\d:\d\d")
_ZONE_RULE = 'Timezone offset must be in the form "Z", "-HH:mm", or "+HH:mm"'


def bad_date(text: str) -> Problem:
    """The text is known to be malformed."""
    why = _expected(text, 4, "-") or _expected(text, 7, "-")
    if why is None and len(text) >= 16 and _is_day(text[:10]):
        why = _expected(text, 10, "T") or _bad_zone(text) or _expected(text, 13, ":")
        why = why or (_expected(text, 16, ":") if len(text) > 17 else None) or _expected(text, 19, ".")
    if why is None:
        return Invalid(f'HAPI-1882: Invalid date/time format: "{text}"', issue="processing")
    return Invalid(f'HAPI-1883: Invalid date/time format: "{text}": {why}', issue="processing")


def _is_day(text: str) -> bool:
    try:
        year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    except ValueError:
        return False
    return 1 <= month <= 12 and 1 <= day <= monthrange(year or 4, month)[1]


def _expected(text: str, at: int, letter: str) -> str | None:
    if len(text) <= at or text[at] == letter or not text[:4].isdigit():
        return None
    if at == 7 and not text[5:7].isdigit() or at > 13 and text[at] in "Z+-":
        return None
    return f"Expected character '{letter}' at index {at} but found {text[at]}"


def _bad_zone(text: str) -> str | None:
    zone = _OFFSET.search(text, 16)
    return _ZONE_RULE if zone and not _ZONE.fullmatch(text[zone.start() :]) else None
