"""A body weight in pounds under the unit kg, set right a few minutes later by a row with the weight in kg."""

from collections.abc import Sequence

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.guard import WEIGHT
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.when import has_time, later
from fhir_seed.trial_audit.mess.words import quantity_of, scaled, text_of, unscaled
from fhir_seed.trial_audit.render.pounds import in_pounds
from fhir_seed.trial_audit.render.written import Json


def prepare(draw: Draw, setting: Setting) -> Step:
    """Where a rule reads weights, a slip would be an error: there are none."""

    def touch(chart: Chart) -> None:
        for row in draw.among(_weights(chart)):
            identity, minutes = draw.identifier(), draw.stream.integer(2, 9)
            quantity = quantity_of(row) if "valueQuantity" in row else {}
            if quantity.get("unit") != "kg" or not has_time(row["effectiveDateTime"]) or not chart.take(row):
                continue
            number, places = scaled(quantity["value"])
            pounds = unscaled(in_pounds(number), places)
            slip = row | {
                "id": identity,
                "effectiveDateTime": later(row["effectiveDateTime"], -minutes),
                "valueQuantity": quantity | {"value": pounds},
            }
            chart.add(slip)
            draw.note(reference_to(slip), f"{reference_to(row)} {text_of(quantity['value'])}", text_of(pounds))

    return touch


def _weights(chart: Chart) -> Sequence[Json]:
    return chart.unread(chart.observed(WEIGHT))
