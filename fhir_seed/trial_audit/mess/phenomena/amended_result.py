"""A laboratory result is amended (a comment) or corrected (another value, and the superseded one stays visible)."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.when import has_time, later
from fhir_seed.trial_audit.mess.words import quantity_of, scaled, text_of, unscaled
from fhir_seed.trial_audit.render.written import Json

_COMMENT = [{"text": "Amended: comment added, result unchanged."}]


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        for row in draw.among(chart.laboratory):
            corrected, hours, by = draw.stream.chance(400), draw.stream.integer(2, 60), draw.stream.integer(1, 9)
            superseded = {"id": draw.identifier(), "status": draw.stream.choice(("preliminary", "entered-in-error"))}
            if row["status"] != "final" or "valueQuantity" not in row or not chart.take(row):
                continue
            if corrected and chart.code(row) not in chart.guard.codes and has_time(row.get("issued", "")):
                _correct(draw, chart, row, superseded, hours, by)
            else:
                row |= {"status": "amended", "note": _COMMENT}
                draw.note(reference_to(row), "final", "amended")

    return touch


def _correct(draw: Draw, chart: Chart, row: Json, new: Json, hours: int, by: int) -> None:
    quantity = quantity_of(row)
    number, places = scaled(quantity["value"])
    superseded = {key: value for key, value in row.items() if key != "interpretation"}
    superseded |= new | {"valueQuantity": quantity | {"value": unscaled(number + by, places)}}
    before = text_of(unscaled(number + by, places))
    row |= {
        "status": "corrected",
        "issued": later(row["issued"], hours * 60),
        "note": [{"text": f"Corrected result; previously reported as {before} {quantity.get('unit', '')}."}],
    }
    chart.add(superseded)
    draw.note(reference_to(row), f"{before} {reference_to(superseded)}", f"corrected {text_of(quantity['value'])}")
