"""A measurement without a value: it says why there is none."""

from fhir_seed.codes import concept
from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.render.written import Json, fixed

REASONS = tuple(fixed(concept("data-absent-reason", code)) for code in ("unknown", "not-performed", "error"))
_VALUES = ("valueQuantity", "valueInteger")


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        for row in [*draw.among(chart.unread(chart.laboratory)), *draw.among(chart.unread(chart.vitals))]:
            reason = draw.stream.choice(REASONS)
            if chart.take(row):
                without_value(row, reason)
                draw.note(reference_to(row), "value", "dataAbsentReason")

    return touch


def without_value(row: Json, reason: object) -> None:
    """In place; a panel keeps its components without their values."""
    for key in (*_VALUES, "interpretation"):
        row.pop(key, None)
    if "component" in row:
        row["component"] = [{"code": part["code"], "dataAbsentReason": reason} for part in row["component"]]
    else:
        row["dataAbsentReason"] = reason
