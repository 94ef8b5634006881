"""A progress note that repeats a paragraph with figures of the note before, which are no longer true."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.phenomena.copied_note import copy_paragraph, has_figure
from fhir_seed.trial_audit.mess.step import Step


def prepare(draw: Draw, setting: Setting) -> Step:
    """Where a rule reads notes, none is stale."""

    def touch(chart: Chart) -> None:
        if not chart.guard.reads("DocumentReference", "content"):
            notes = chart.progress
            for place in draw.among(range(1, len(notes))):
                copy_paragraph(draw, notes[place - 1], notes[place], has_figure)

    return touch
