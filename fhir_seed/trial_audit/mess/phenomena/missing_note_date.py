"""A clinical note without a date of its own; the visit that it belongs to has one."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        for row in draw.among(chart.of("DocumentReference")):
            before = row.pop("date", "")
            if before:
                draw.note(reference_to(row), before, "")

    return touch
