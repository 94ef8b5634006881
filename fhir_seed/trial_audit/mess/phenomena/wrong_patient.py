"""An order placed on another person of the site by mistake, and cancelled within ten minutes."""

from orjson import Fragment

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to, subject_of
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.when import has_time, later

_REASON = {"text": "Ordered on the wrong patient"}
_LEFT_OUT = ("encounter", "reasonReference", "dispenseRequest", "priorPrescription")


def prepare(draw: Draw, setting: Setting) -> Step:
    """The other person is the one of the same site whose chart was written before."""
    last: dict[str, Fragment] = {}

    def touch(chart: Chart) -> None:
        site = chart.site
        other = last.get(site)
        last[site] = subject_of(chart)
        for row in draw.among(chart.of("MedicationRequest")):
            minutes = draw.stream.integer(1, 9)
            if other is None or not has_time(row["authoredOn"]):
                continue
            wrong = {key: value for key, value in row.items() if key not in _LEFT_OUT}
            wrong |= {
                "id": draw.identifier(),
                "status": "cancelled",
                "statusReason": _REASON,
                "subject": other,
                "authoredOn": later(row["authoredOn"], -minutes),
            }
            chart.add(wrong)
            draw.note(reference_to(wrong), reference_to(row), f"cancelled, {minutes} min earlier")

    return touch
