"""A problem list that lacks a condition which the person has. Conditions that another row names stay."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        referred = chart.referred()
        free = [row for row in chart.problems if reference_to(row) not in referred]
        for row in draw.among(free):
            if chart.take(row):
                chart.remove(row)
                draw.note(reference_to(row), chart.code(row), "")

    return touch
