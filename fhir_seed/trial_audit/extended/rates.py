"""How often each ordinary variation of `extended` occurs: the table `rates.csv`, with a source beside each row."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Rate:
    """unit: what the rate is a share of; what: happens."""

    per_mille: int
    unit: str
    what: str
    source: str


def _read() -> Mapping[str, Rate]:
    text = (files("fhir_seed.trial_audit.extended") / "rates.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({r["name"]: Rate(int(r["per_mille"]), r["unit"], r["what"], r["source"]) for r in rows})


RATES = _read()
"""By name."""


def rate(name: str) -> int:
    """Per mille. A KeyError names a rate that has no row: add one."""
    return RATES[name].per_mille
