"""Laboratory tests of a visit: how values are drawn (scaled integers), and constant parts of their Observations."""

from dataclasses import dataclass
from types import MappingProxyType

from orjson import Fragment

from fhir_seed.codes import UCUM, concept, lookup
from fhir_seed.trial_audit.render.written import decimal, fixed


@dataclass(frozen=True, slots=True)
class Lab:
    """mean, sd, least, low and high are in 10**-places of the unit."""

    words: str
    places: int
    mean: int
    sd: int
    least: int
    low: int
    high: int
    unit: str
    code: Fragment
    reference_range: Fragment


def _scaled(text: str, places: int) -> int:
    whole, _, rest = text.partition(".")
    return int(whole + (rest + "0" * places)[:places])


def _lab(code: str, words: str, places: int, mean: int, sd: int, least: int) -> Lab:
    row = lookup("loinc", code)
    low, high = _scaled(row.low, places), _scaled(row.high, places)
    bounds = {
        name: {"value": decimal(value, places), "unit": row.unit, "system": UCUM, "code": row.unit}
        for name, value in (("low", low), ("high", high))
    }
    return Lab(
        words, places, mean, sd, least, low, high, row.unit, fixed(concept("loinc", code, words)), fixed([bounds])
    )


LDH = _lab("2532-0", "Lactate dehydrogenase", 0, 205, 40, 90)
LDH_BY_STAGE = (0, 10, 35, 95)
"""Added to the mean, stage I to IV."""
HEMOGLOBIN = _lab("718-7", "Hemoglobin", 1, 131, 13, 90)
HEMOGLOBIN_BY_SEX = MappingProxyType({"female": -6, "male": 7})
"""Added to the mean, as the next two are."""
HEMOGLOBIN_BY_STAGE = (0, -2, -5, -9)
LEUKOCYTES = _lab("6690-2", "Leukocytes", 1, 70, 17, 38)
NEUTROPHILS = _lab("751-8", "Neutrophils", 1, 42, 13, 15)
PLATELETS = _lab("777-3", "Platelets", 0, 248, 60, 105)
CREATININE = _lab("2160-0", "Creatinine", 2, 88, 13, 45)
CREATININE_BY_SEX = MappingProxyType({"female": -10, "male": 8})
CREATININE_RENAL = 68
"""Added to the mean with chronic kidney disease."""
ALT = _lab("1742-6", "Alanine aminotransferase", 0, 26, 9, 7)
ALT_HEPATIC = 30
"""Added to the mean with chronic hepatitis C."""
GLUCOSE = _lab("2345-7", "Glucose", 0, 96, 12, 66)
GLUCOSE_DIABETIC = 48
"""Added to the mean with diabetes."""

PANEL = (LDH, HEMOGLOBIN, LEUKOCYTES, NEUTROPHILS, PLATELETS, CREATININE, ALT, GLUCOSE)
"""Drawn at screening, in this order."""

LABS = MappingProxyType({lab.words: lab for lab in PANEL})
"""By words."""
