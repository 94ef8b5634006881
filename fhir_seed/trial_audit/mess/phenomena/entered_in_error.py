"""A wrong twin beside an observation, entered in error: another value of the same thing at the same time."""

from fhir_seed.codes import concept
from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.when import has_time, later
from fhir_seed.trial_audit.mess.words import plain, quantity_of, scaled, text_of, unscaled
from fhir_seed.trial_audit.render.written import Json, fixed
from fhir_seed.trial_audit.terms import STAGE_VALUES

STAGE_OF = {code: stage for stage, code in STAGE_VALUES.items()}
_WORDS = {1: "Stage I", 2: "Stage II", 3: "Stage III", 4: "Stage IV"}
_STAGES = {stage: fixed(concept("snomed", code, _WORDS[stage])) for stage, code in STAGE_VALUES.items()}
_MOST_INDEX = 6


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        single = [row for row in chart.vitals if "component" not in row]
        for row in [*draw.among(chart.laboratory), *draw.among(single), *draw.among(chart.trial)]:
            minutes = draw.stream.integer(1, 90) * draw.stream.choice((-1, 1))
            twin = _wrong(draw, row)
            if twin is None:
                continue
            twin |= {"id": draw.identifier(), "status": "entered-in-error"}
            if has_time(row.get("issued", "")):
                twin["issued"] = later(row["issued"], minutes)
            chart.add(twin)
            draw.note(reference_to(twin), reference_to(row), value_of(twin))

    return touch


def value_of(row: Json) -> str:
    """What an Observation says, in short: a number, or 1 to 4 for a stage."""
    if "valueInteger" in row:
        return str(row["valueInteger"])
    if "valueQuantity" in row:
        return text_of(quantity_of(row)["value"])
    return str(_stage(row))


def _wrong(draw: Draw, row: Json) -> Json | None:
    """The same row with another value; None if it has no single value. Always two draws."""
    first, second = draw.stream.below(3), draw.stream.integer(1, _MOST_INDEX)
    twin = {key: value for key, value in row.items() if key != "interpretation"}
    if "valueInteger" in row:
        return twin | {"valueInteger": (row["valueInteger"] + second) % (_MOST_INDEX + 1)}
    if "valueQuantity" in row:
        quantity = quantity_of(row)
        return twin | {"valueQuantity": quantity | {"value": _misread(quantity["value"], first, second)}}
    if "valueCodeableConcept" in row:
        return twin | {"valueCodeableConcept": _STAGES[(_stage(row) + first) % 4 + 1]}
    return None


def _misread(value: object, first: int, second: int) -> object:
    """A slipped decimal point, or another digit."""
    number, places = scaled(value)
    wrong = (number * 10, number // 10, number + second * 10**places)[first]
    return unscaled(wrong if wrong != number else number + second, places)


def _stage(row: Json) -> int:
    return STAGE_OF[plain(row["valueCodeableConcept"])["coding"][0]["code"]]
