"""Sites whose catalogue writes its own code before the standard one."""

from typing import Any

from fhir_seed.codes import coding
from fhir_seed.trial_audit.mess.chart import Chart, Setting
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.words import Memo, plain, standard_code, written
from fhir_seed.trial_audit.terms import COMORBIDITY_INDEX, STAGE_GROUP

CATALOGUE = {
    STAGE_GROUP: "STAGE", COMORBIDITY_INDEX: "CMI", "89247-1": "ECOG", "72166-2": "TOBACCO", "718-7": "HGB",
    "6690-2": "WBC", "751-8": "ANC", "777-3": "PLT", "2160-0": "CREA", "2345-7": "GLU", "1742-6": "ALT",
    "1920-8": "AST", "2532-0": "LDH", "1975-2": "TBIL", "1751-7": "ALB", "2951-2": "NA", "2823-3": "K",
    "3094-0": "BUN", "17861-6": "CA", "4544-3": "HCT", "4548-4": "A1C", "85354-9": "NIBP", "8867-4": "PULSE",
    "8310-5": "TEMP", "59408-5": "SPO2", "9279-1": "RESP", "39156-5": "BMI", "29463-7": "WT", "8302-2": "HT",
}  # fmt: skip
"""Local code by standard code; codes.csv has their words."""


def prepare(draw: Draw, setting: Setting) -> Step:
    catalogues = {site.organization: frozenset(draw.among(tuple(CATALOGUE))) for site in setting.protocol.sites}
    for organization, codes in catalogues.items():
        for code in sorted(codes):
            draw.note(organization, code, CATALOGUE[code])
    concepts = Memo(_with_local)

    def touch(chart: Chart) -> None:
        own = catalogues[chart.site]
        rows = [row for code in own for row in chart.observed(code)]
        twins = [row for row in chart.added if row["resourceType"] == "Observation" and chart.code(row) in own]
        for row in [*rows, *twins]:
            row["code"] = concepts.of(row["code"])

    return touch


def _with_local(concept: Any) -> Any:
    local = coding("site-catalogue", CATALOGUE[standard_code(concept)])
    found = plain(concept)
    return written(found | {"coding": [local, *found["coding"]]})
