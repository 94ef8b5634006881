"""Towns by the UTC offset of a site. `places.csv`: town, region, first three digits of the postal code, country."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

HOME = -300


@dataclass(frozen=True, slots=True)
class Place:
    city: str
    region: str
    """The state in the US, the region or prefecture elsewhere."""
    postal: str
    country: str


def _read() -> Mapping[int, Sequence[Place]]:
    text = (files("fhir_seed.trial_audit.render") / "places.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return MappingProxyType(
        {
            offset: tuple(
                Place(r["city"], r["region"], r["postal"], r["country"]) for r in rows if int(r["offset"]) == offset
            )
            for offset in {int(r["offset"]) for r in rows}
        }
    )


_PLACES = _read()


def places(offset: int) -> Sequence[Place]:
    """Towns whose standard time is that offset (minutes); the sponsor's own coast if the table has none."""
    return _PLACES.get(offset, _PLACES[HOME])
