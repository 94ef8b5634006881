"""Vital signs of a visit that were copied from the time before instead of taken again."""

from collections import defaultdict
from collections.abc import Collection, Iterable

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
    spared = _OF_WEIGHT if WEIGHT in setting.guard.codes else frozenset()

    def touch(chart: Chart) -> None:
        for visit in draw.among(_visits(chart, spared)):
            for before, row in visit:
                _copy(draw, chart, before, row)

    return touch


def _visits(chart: Chart, spared: Collection[str]) -> list[Iterable[tuple[Json, Json]]]:
    """Of each visit the vital signs that were taken before, each with the last one of its kind from another visit.

    Rows come by kind and time; those of a visit share one reference to it.
    """
    found: dict[Fragment, list[tuple[Json, Json]]] = defaultdict(list)
    last: dict[str, Json] = {}
    for row in chart.vitals:
        code = chart.code(row)
        if code in spared:
            continue
        before = last.get(code)
        last[code] = row
        if before is not None and before["encounter"] is not row["encounter"]:
            found[row["encounter"]].append((before, row))
    return list(found.values())


def _copy(draw: Draw, chart: Chart, source: Json, row: Json) -> None:
    kept = {key: source[key] for key in _VALUES if key in source}
    if kept and any(key in row for key in kept) and chart.take(row):
        row |= kept
        draw.note(reference_to(row), "taken", reference_to(source))
