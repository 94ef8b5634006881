"""A medicine whose free-text directions disagree with the structured dose and timing beside them."""

from typing import Any

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.words import Memo, plain, written

_CHANGES = (
    ("three times daily", "once daily"), ("twice daily", "once daily"), ("every morning", "twice daily"),
    ("every evening", "twice daily"), ("at bedtime", "twice daily"), ("daily", "twice daily"),
)  # fmt: skip


def prepare(draw: Draw, setting: Setting) -> Step:
    """Of orders that another phenomenon left without structure, none can conflict."""
    conflicting = Memo(_contrary)

    def touch(chart: Chart) -> None:
        if chart.guard.reads("MedicationRequest", "dosageInstruction"):
            return
        for row in draw.among([row for row in chart.concomitant if "dosageInstruction" in row]):
            if chart.take(row):
                row["dosageInstruction"] = conflicting.of(row["dosageInstruction"])
                draw.note(reference_to(row), "agreeing", "conflicting")

    return touch


def _contrary(dosage: Any) -> Any:
    first, *rest = plain(dosage)
    return written([first | {"text": contrary_text(first["text"])}, *rest])


def contrary_text(text: str) -> str:
    """Directions with another frequency."""
    for words, other in _CHANGES:
        if words in text:
            return text.replace(words, other, 1)
    return f"{text}, twice daily"
