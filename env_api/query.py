"""The query string as pairs: decoded once and written again, so that no two parsers can read it differently."""

import re
from urllib.parse import parse_qsl, quote

from fhir_r4 import Invalid

Pairs = tuple[tuple[str, str], ...]

_FIELDS_MAX = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN = re.compile(r"[A-Za-z0-9:,/$_\-.~]*")


def parse_query(query: str) -> Pairs:
    """Raises Invalid: not UTF-8, control characters, over 100 parameters."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_MAX)
    except ValueError as error:
        raise Invalid(f"the query string is not valid UTF-8, or has over {_FIELDS_MAX} parameters") from error
    if any(_CONTROL.search(text) for pair in pairs for text in pair):
        raise Invalid("the query string holds control characters: leave them out")
    return tuple(pairs)


def write_query(pairs: Pairs) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else quote(text, safe=":,/$_-.~")


def values_of(pairs: Pairs, name: str) -> list[str]:
    return [value for key, value in pairs if key == name]


def only_value(pairs: Pairs, name: str) -> str | None:
    """Raises Invalid if the parameter is given more than once."""
    values = values_of(pairs, name)
    if len(values) > 1:
        raise Invalid(f"{name} is given more than once: give it once")
    return values[0] if values else None


def without(pairs: Pairs, *names: str) -> Pairs:
    return tuple(pair for pair in pairs if pair[0] not in names)
