"""An ECOG performance status that was not assessed: at some sites often, at others rarely."""

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Chooser, Draw
from fhir_seed.trial_audit.mess.phenomena.missing_value import REASONS, without_value
from fhir_seed.trial_audit.mess.step import Step


def prepare(draw: Draw, setting: Setting) -> Step:
    """A site's rate lies between a quarter and seven quarters of the table's."""
    stream: Stream = draw.stream
    sites = {
        site.organization: Chooser(stream, draw.rate * stream.integer(25, 175) // 100)
        for site in setting.protocol.sites
    }

    def touch(chart: Chart) -> None:
        for row in draw.among(chart.unread(chart.ecog), sites[chart.site]):
            if chart.take(row):
                without_value(row, REASONS[0])
                draw.note(reference_to(row), "value", "dataAbsentReason")

    return touch
