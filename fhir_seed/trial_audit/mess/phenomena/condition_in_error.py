"""A problem that the person does not have, entered in error in the problem list."""

from fhir_seed.codes import coding, concept
from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.render.written import fixed

_IN_ERROR = fixed(concept("condition-ver-status", "entered-in-error"))
_PAIRS = (
    ("59621000", "I10", "hypertension"),
    ("235595009", "K21.9", "gastroesophageal reflux"),
    ("55822004", "E78.5", "hyperlipidemia"),
    ("90560007", "M10.9", "gout"),
    ("36923009", "F32.9", "depression"),
    ("13645005", "J44.9", "COPD"),
    ("44054006", "E11.9", "type 2 diabetes"),
    ("230690007", "I63.9", "stroke"),
)
_WRONG = {
    icd: fixed({"coding": [coding("snomed", snomed), coding("icd-10-cm", icd)], "text": text})
    for snomed, icd, text in _PAIRS
}
_DROPPED = ("clinicalStatus", "abatementDateTime", "stage", "note")
"""A Condition that is entered in error has no clinical status: constraint con-5."""


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        problems = chart.problems
        there = {chart.code(row) for row in problems}
        for row in draw.among(problems):
            code = draw.stream.choice([icd for icd in _WRONG if icd not in there])
            twin = {key: value for key, value in row.items() if key not in _DROPPED}
            twin |= {"id": draw.identifier(), "verificationStatus": _IN_ERROR, "code": _WRONG[code]}
            chart.add(twin)
            draw.note(reference_to(twin), reference_to(row), code)

    return touch
