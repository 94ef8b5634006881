"""A time is recorded as its day alone: the calendar day at the site."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.when import at_site, has_time
from fhir_seed.trial_audit.render.written import Json


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        for rows in (chart.laboratory, chart.vitals, chart.ecog):
            for row in draw.among(rows):
                _shorten(draw, chart, row, "effectiveDateTime")
        for row in draw.among(chart.of("MedicationRequest")):
            _shorten(draw, chart, row, "authoredOn")

    return touch


def _shorten(draw: Draw, chart: Chart, row: Json, key: str) -> None:
    written = row[key]
    if has_time(written):
        row[key] = at_site(written, chart.offset)
        draw.note(reference_to(row), written, row[key])
