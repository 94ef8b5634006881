"""Which resources a search must find, computed from their JSON alone: a second reading of the rules, apart from the
server's. Values are told by their shape: Coding, CodeableConcept, Identifier, Reference, HumanName, Address, Period.

Dates follow HAPI where it differs from the specification: whole days compare with the day as written, in any zone.
https://hl7.org/fhir/R4/search.html
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.us_core.paths import values
from tests.us_core.table import Parameter

_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Clause:
    """One `name=a,b` of a search: one of the alternatives must hold."""

    name: str
    parameter: Parameter
    alternatives: tuple[str, ...]

    def matches(self, resource: Mapping[str, Any]) -> bool:
        found = [value for path in self.parameter.paths for value in values(resource, path)]
        return any(holds(value, wanted, self.name) for value in found for wanted in self.alternatives)


def holds(value: Any, wanted: str, name: str) -> bool:
    if isinstance(value, str):
        return _text_holds(value, wanted, name)
    if "reference" in value:
        return str(value["reference"]) == wanted or value["reference"].rpartition("/")[2] == wanted
    if value.keys() & {"start", "end"}:
        return _date_holds(value, wanted)
    if value.keys() & {"coding", "code"} or ("value" in value and name == "identifier"):
        return any(_token_holds(token, wanted) for token in tokens(value))
    return any(_starts(part, wanted) for part in parts(value))


def tokens(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(system, code) of each coding, or of the identifier."""
    codings = value.get("coding", [] if "text" in value else [value])
    return [(c.get("system", ""), c.get("code", c.get("value", ""))) for c in codings]


def parts(value: Mapping[str, Any]) -> Iterator[str]:
    """The strings of a name or an address that a search looks at. R4 lets a server leave out an address's `text`."""
    skipped = ("use", "type", "id") if value.keys() & {"family", "given"} else ("use", "type", "id", "text")
    for key, part in value.items():
        if key not in skipped:
            yield from (p for p in (part if isinstance(part, list) else [part]) if isinstance(p, str))


def _token_holds(token: tuple[str, str], wanted: str) -> bool:
    system, bar, code = wanted.rpartition("|")
    return token == (system, code) if bar else token[1] == code


def _text_holds(value: str, wanted: str, name: str) -> bool:
    if "date" in name or name in ("authored", "authoredon", "period"):
        return _date_holds(value, wanted)
    if name in ("name", "family") or name.startswith("address"):
        return _starts(value, wanted)
    return value == wanted


def _starts(value: str, wanted: str) -> bool:
    return _folded(value).startswith(_folded(wanted))


def _folded(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)).upper()


def _date_holds(value: Any, wanted: str) -> bool:
    prefix, text = (wanted[:2], wanted[2:]) if wanted[0].isalpha() else ("eq", wanted)
    first, last = _days(text) if len(text) <= 10 else _instants(text)
    low, high = _range(value, whole_days=len(text) <= 10)
    return {
        "eq": first <= low and high <= last,
        "ge": high >= first,
        "gt": high > last,
        "le": low <= last,
        "lt": low < first,
    }[prefix]


def _range(value: Any, whole_days: bool) -> tuple[datetime, datetime]:
    bounds = _days if whole_days else _instants
    if isinstance(value, str):
        return bounds(value)
    low = bounds(value["start"])[0] if "start" in value else _EARLIEST
    return low, bounds(value["end"])[1] if "end" in value else _LATEST


def _days(text: str) -> tuple[datetime, datetime]:
    """First and last moment of the day, month or year that is written, as if all days were in one zone."""
    year, *rest = map(int, text[:10].split("-"))
    first = date(year, *(rest + [1, 1])[:2])
    after = (date(year + 1, 1, 1), _next_month(first), first + timedelta(days=1))[len(rest)]
    midnight = datetime.min.time()
    return (
        datetime.combine(first, midnight, UTC),
        datetime.combine(after, midnight, UTC) - _MOMENT,
    )


def _next_month(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def _instants(text: str) -> tuple[datetime, datetime]:
    """First and last moment of what is written; days, months and years are those of UTC, the zone of the servers."""
    if len(text) <= 10:
        return _days(text)
    moment = datetime.fromisoformat(text)
    length = _MOMENT if "." in text else timedelta(minutes=1) if len(text) <= 16 else timedelta(seconds=1)
    return moment, moment + length - _MOMENT
