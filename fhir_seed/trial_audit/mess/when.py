"""Times as they stand in a resource, moved or written anew. The renderer writes whole minutes, and so does this."""

from datetime import date
from functools import lru_cache

from fhir_seed.trial_audit.render.when import MINUTES, stamp

DAY = 10
"""Characters of a day; what is longer has a time."""


def has_time(written: str) -> bool:
    return len(written) > DAY


def later(written: str, minutes: int) -> str:
    """The same offset; minutes may be negative. written: with a time."""
    return _moved(written, minutes, written[19:])


@lru_cache(maxsize=1024)
def in_utc(written: str) -> str:
    """The same instant, with Z."""
    return _moved(written, -offset(written), "Z")


@lru_cache(maxsize=1024)
def at_site(written: str, minutes: int) -> str:
    """The calendar day at a site that is so many minutes east of UTC; a value without a time as it stands."""
    if not has_time(written):
        return written
    return _moved(written, minutes - offset(written), "")[:DAY]


def _moved(written: str, minutes: int, zone: str) -> str:
    """The clock put forward, under another offset."""
    minute = int(written[11:13]) * 60 + int(written[14:16]) + minutes
    if 0 <= minute < MINUTES:
        return f"{written[:DAY]}T{minute // 60:02d}:{minute % 60:02d}:00{zone}"
    return stamp(date.fromisoformat(written[:DAY]), minute, zone)


def offset(written: str) -> int:
    """Minutes east of UTC."""
    zone = written[19:]
    if zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return -minutes if zone[0] == "-" else minutes
