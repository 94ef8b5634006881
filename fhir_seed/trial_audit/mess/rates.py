"""How often each phenomenon strikes: the table `rates.csv`, with the published rate and its source beside each row."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from tasks.trial_audit import MessLevel

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """One phenomenon. unit: what a rate is a share of; realistic, heavy: per million units."""

    phenomenon: str
    unit: str
    realistic: int
    heavy: int
    published: str
    source: str

    def at(self, level: MessLevel) -> int:
        """Per million units; none in a clean world."""
        return {"clean": 0, "realistic": self.realistic, "heavy": self.heavy}[level]


def _per_million(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole) * MILLION + int((rest + "000000")[:6])


def _read() -> Mapping[str, Rate]:
    text = (files("fhir_seed.trial_audit.mess") / "rates.csv").read_text(encoding="utf-8")
    rows = (
        Rate(
            r["phenomenon"],
            r["unit"],
            _per_million(r["realistic"]),
            _per_million(r["heavy"]),
            r["published"],
            r["source"],
        )
        for r in csv.DictReader(text.splitlines())
    )
    return MappingProxyType({row.phenomenon: row for row in rows})


RATES = _read()
"""By phenomenon, in the order in which they are applied."""
