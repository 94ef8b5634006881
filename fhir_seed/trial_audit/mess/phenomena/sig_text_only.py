"""A medicine whose directions are free text, without structured dose and timing."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.words import Memo, plain, written


def prepare(draw: Draw, setting: Setting) -> Step:
    texts = Memo(lambda dosage: written([{"text": plain(dosage)[0]["text"]}]))

    def touch(chart: Chart) -> None:
        if chart.guard.reads("MedicationRequest", "dosageInstruction"):
            return
        for row in draw.among([row for row in chart.concomitant if "dosageInstruction" in row]):
            if chart.take(row):
                row["dosageInstruction"] = texts.of(row["dosageInstruction"])
                draw.note(reference_to(row), "structured", "text")

    return touch
