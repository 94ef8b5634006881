"""A second Patient for a person that was merged: inactive, and replaced by the subject's."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to, subject_of
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.phenomena.duplicate_patient import second_patient
from fhir_seed.trial_audit.mess.step import Step


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        for person in draw.among([chart.patient]):
            twin = second_patient(draw, person) | {
                "active": False,
                "link": [{"other": subject_of(chart), "type": "replaced-by"}],
            }
            chart.add(twin)
            draw.note(reference_to(twin), reference_to(person), twin.get("birthDate", ""))

    return touch
