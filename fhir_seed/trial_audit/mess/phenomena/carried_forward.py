"""Vital signs of a visit that were copied from the visit before instead of taken again."""

from collections import defaultdict
from collections.abc import Mapping

from orjson import Fragment

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.guard import WEIGHT
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.render.written import Json

_VALUES = ("valueQuantity", "component")
_OF_WEIGHT = frozenset({WEIGHT, "39156-5"})
"""Body weight and body mass index: where a rule reads the one, both stay."""


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        spared = _OF_WEIGHT if WEIGHT in chart.guard.codes else frozenset()
        visits = _visits(chart)
        pairs = list(zip(visits, visits[1:], strict=False))
        for before, after in draw.among(pairs):
            for code in sorted(before.keys() & after.keys() - spared):
                _copy(draw, chart, before[code], after[code])

    return touch


def _visits(chart: Chart) -> list[Mapping[str, Json]]:
    """By code, of each visit with vital signs, as they were written. The rows of a visit share one reference to it."""
    found: dict[Fragment, dict[str, Json]] = defaultdict(dict)
    for row in chart.vitals:
        found[row["encounter"]][chart.code(row)] = row
    return list(found.values())


def _copy(draw: Draw, chart: Chart, source: Json, row: Json) -> None:
    kept = {key: source[key] for key in _VALUES if key in source}
    if kept and any(key in row for key in kept) and chart.take(row):
        row |= kept
        draw.note(reference_to(row), "taken", reference_to(source))
