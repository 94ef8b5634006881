"""A list of medicines that is not what the person takes: one too many, one missing, taken otherwise, or twice on it."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.words import standard_code
from fhir_seed.trial_audit.render.medicines import MEDICINES
from fhir_seed.trial_audit.render.written import Json

_KINDS = ("commission", "omission", "alteration", "duplication")
_WEIGHTS = (36, 27, 19, 11)
_TAKEN = [{"text": "Patient reports taking it only every other day."}]
_OF_AN_ORDER = ("reasonReference", "reasonCode", "dispenseRequest", "encounter")


def prepare(draw: Draw, setting: Setting) -> Step:
    """Where a rule reads orders, the list is as it was written."""

    codes = sorted(MEDICINES)

    def touch(chart: Chart) -> None:
        if chart.guard.reads("MedicationRequest", "status"):
            return
        for row in draw.among(chart.concomitant):
            kind = _KINDS[draw.stream.weighted(_WEIGHTS)]
            other = draw.stream.choice(codes)
            if kind == "omission":
                _omit(draw, chart, row)
            elif kind == "alteration":
                row["note"] = _TAKEN
                draw.note(reference_to(row), "", kind)
            else:
                twin = _reported(draw, row)
                if kind == "commission":
                    what = MEDICINES[other]
                    twin |= {"medicationCodeableConcept": what.concept, "dosageInstruction": what.dosage}
                    kind = f"{kind} {standard_code(what.concept)}"
                chart.add(twin)
                draw.note(reference_to(twin), reference_to(row), kind)

    return touch


def _omit(draw: Draw, chart: Chart, row: Json) -> None:
    if chart.take(row):
        chart.remove(row)
        draw.note(reference_to(row), "listed", "omission")


def _reported(draw: Draw, row: Json) -> Json:
    """A further entry that somebody reported, and nobody ordered here."""
    kept = {key: value for key, value in row.items() if key not in _OF_AN_ORDER}
    return kept | {"id": draw.identifier(), "reportedBoolean": True}
