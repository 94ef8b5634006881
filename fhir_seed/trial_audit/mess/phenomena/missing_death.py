"""A death that one of its two sources lost: of two different days, the later record, which no rule counts."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.when import at_site
from fhir_seed.trial_audit.mess.words import Memo, standard_code
from fhir_seed.trial_audit.render.written import Json


def prepare(draw: Draw, setting: Setting) -> Step:
    """A Patient that loses its date may still say that the person has died. Where a rule reads events, none is lost."""
    outcomes = Memo(standard_code)

    def touch(chart: Chart) -> None:
        later = _later(chart, outcomes, chart.offset)
        spared = later is None or (later is not chart.patient and chart.guard.reads("AdverseEvent", "detected"))
        for row in draw.among([] if later is None or spared else [later]):
            says_so = draw.stream.chance(500)
            if row["resourceType"] == "Patient":
                before = row.pop("deceasedDateTime")
                if says_so:
                    row["deceasedBoolean"] = True
                draw.note(reference_to(row), before, "deceasedBoolean" if says_so else "")
            else:
                chart.remove(row)
                draw.note(reference_to(row), row["date"], "")

    return touch


def _later(chart: Chart, outcomes: Memo, offset: int) -> Json | None:
    """The source with the later day, if there are two with different days."""
    patient = chart.patient
    if "deceasedDateTime" not in patient:
        return None
    fatal = [row for row in chart.of("AdverseEvent") if outcomes.of(row["outcome"]) == "fatal" and "date" in row]
    if len(fatal) != 1:
        return None
    died, event = at_site(patient["deceasedDateTime"], offset), at_site(fatal[0]["date"], offset)
    if died == event:
        return None
    return patient if died > event else fatal[0]
