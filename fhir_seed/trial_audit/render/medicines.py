"""Products that subjects take beside the study drug, with an ordinary adult dose."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from orjson import Fragment

from fhir_seed.codes import UCUM, concept
from fhir_seed.trial_audit.render.written import decimal, fixed


@dataclass(frozen=True, slots=True)
class Medicine:
    """concept, dosage and dispense are ready parts of a MedicationRequest."""

    words: str
    concept: Fragment
    dosage: Fragment
    dispense: Fragment


def quantity(value: Fragment | int, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def _row(code: str, words: str, sig: str, dose: tuple[int, int, str], times: int = 1, days: int = 1) -> Medicine:
    """dose: (scaled value, places, unit); times: per `days` days."""
    value, places, unit = dose
    dosage = {
        "text": sig,
        "timing": {"repeat": {"frequency": times, "period": days, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": quantity(decimal(value, places), unit)}],
    }
    count = max(1, 30 * times // days)
    dispense = {"numberOfRepeatsAllowed": 3, "quantity": quantity(count, "{dose}")}
    return Medicine(words, fixed(concept("rxnorm", code)), fixed([dosage]), fixed(dispense))


MEDICINES = MappingProxyType(
    {
        "860975": _row("860975", "metformin ER 500 mg daily", "500 mg by mouth daily with supper", (500, 0, "mg")),
        "483438": _row("483438", "pregabalin 100 mg twice daily", "100 mg by mouth twice daily", (100, 0, "mg"), 2),
        "310429": _row("310429", "furosemide 20 mg daily", "20 mg by mouth every morning", (20, 0, "mg")),
        "243670": _row("243670", "aspirin 81 mg daily", "81 mg by mouth daily", (81, 0, "mg")),
        "617311": _row("617311", "atorvastatin 40 mg nightly", "40 mg by mouth at bedtime", (40, 0, "mg")),
        "617310": _row("617310", "atorvastatin 20 mg nightly", "20 mg by mouth at bedtime", (20, 0, "mg")),
        "312961": _row("312961", "simvastatin 20 mg nightly", "20 mg by mouth at bedtime", (20, 0, "mg")),
        "200033": _row(
            "200033", "carvedilol 25 mg twice daily", "25 mg by mouth twice daily with food", (25, 0, "mg"), 2
        ),
        "309362": _row("309362", "clopidogrel 75 mg daily", "75 mg by mouth daily", (75, 0, "mg")),
        "896209": _row(
            "896209", "fluticasone/salmeterol inhaled", "1 inhalation twice daily", (1, 0, "{inhalation}"), 2
        ),
        "312617": _row("312617", "prednisone 5 mg daily", "5 mg by mouth daily with food", (50, 1, "mg")),
        "314076": _row("314076", "lisinopril 10 mg daily", "10 mg by mouth daily", (10, 0, "mg")),
        "314077": _row("314077", "lisinopril 20 mg daily", "20 mg by mouth daily", (20, 0, "mg")),
        "308136": _row("308136", "amlodipine 2.5 mg daily", "2.5 mg by mouth daily", (25, 1, "mg")),
        "979492": _row("979492", "losartan 50 mg daily", "50 mg by mouth daily", (50, 0, "mg")),
        "310798": _row("310798", "hydrochlorothiazide 25 mg daily", "25 mg by mouth every morning", (25, 0, "mg")),
        "198440": _row(
            "198440", "acetaminophen 500 mg three times daily", "500 mg by mouth as needed", (500, 0, "mg"), 3
        ),
        "312938": _row("312938", "sertraline 100 mg daily", "100 mg by mouth daily", (100, 0, "mg")),
        "197319": _row("197319", "allopurinol 100 mg daily", "100 mg by mouth daily", (100, 0, "mg")),
        "904419": _row("904419", "alendronate 10 mg daily", "10 mg by mouth before breakfast", (10, 0, "mg")),
        "855332": _row("855332", "warfarin 5 mg daily", "5 mg by mouth every evening, adjust to INR", (5, 0, "mg")),
        "1740467": _row("1740467", "ondansetron before infusion", "4 mg by vein before infusion", (4, 0, "mg"), 1, 21),
        "3264": _row("3264", "dexamethasone before infusion", "8 mg by mouth before infusion", (8, 0, "mg"), 1, 21),
    }
)
"""By RxNorm code."""

SUPPORTIVE = ("1740467", "198440", "3264")
"""Given with the infusions, whatever else a subject takes."""
