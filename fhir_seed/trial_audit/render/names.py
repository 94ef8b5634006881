"""Names of people and streets that are common in the United States (`names.csv`), drawn without regard to group."""

import csv
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType


def _read() -> Mapping[str, tuple[str, ...]]:
    text = (files("fhir_seed.trial_audit.render") / "names.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return MappingProxyType(
        {kind: tuple(r["name"] for r in rows if r["kind"] == kind) for kind in {r["kind"] for r in rows}}
    )


_NAMES = _read()
FAMILY = _NAMES["family"]
GIVEN = MappingProxyType({sex: _NAMES[sex] for sex in ("female", "male")})
STREETS = _NAMES["street"]
