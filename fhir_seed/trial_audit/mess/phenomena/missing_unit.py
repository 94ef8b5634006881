"""A laboratory value without its unit."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.words import Memo, quantity_of


def prepare(draw: Draw, setting: Setting) -> Step:
    values = Memo(lambda quantity: quantity_of({"valueQuantity": quantity}))

    def touch(chart: Chart) -> None:
        for row in draw.among(chart.unread(chart.laboratory)):
            if "valueQuantity" in row and chart.take(row):
                quantity = values.of(row["valueQuantity"])
                row["valueQuantity"] = {"value": quantity["value"]}
                draw.note(reference_to(row), str(quantity.get("unit", "")), "")

    return touch
