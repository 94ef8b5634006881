"""An encounter that nobody closed: in progress, without an end."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        for row in draw.among(chart.of("Encounter")):
            if row["status"] == "finished":
                start = {"start": row["period"]["start"]}
                people = [person | {"period": start} for person in row["participant"]]
                row |= {"status": "in-progress", "period": start, "participant": people}
                draw.note(reference_to(row), "finished", "in-progress")

    return touch
