"""A diagnosis of an encounter that does not say whether it is confirmed."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        categories = setting.categories
        rows = [row for row in chart.of("Condition") if categories.of(row["category"]) == "encounter-diagnosis"]
        for row in draw.among(rows):
            if row.pop("verificationStatus", None) is not None:
                draw.note(reference_to(row), "confirmed", "")

    return touch
