"""Products that subjects take beside the study drug, with an ordinary adult dose."""

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from orjson import Fragment

from fhir_seed.codes import UCUM, concept
from fhir_seed.trial_audit.render.written import decimal, fixed


@dataclass(frozen=True, slots=True)
class Medicine:
    """concept and dosage are ready parts of a MedicationRequest. group: what nobody takes two of; doses: in 30 days."""

    words: str
    group: str
    concept: Fragment
    dosage: Fragment
    dispense: Fragment
    doses: int

    @property
    def ingredient(self) -> str:
        """As a note says it; of amoxicillin with clavulanate both."""
        return self.words.split()[0]

    def dispensed(self, first: date, last: date, *, refilled: bool = False) -> dict[str, Any]:
        """Of a dispenseRequest for a course that ends, or for a lasting one that was refilled until it was stopped."""
        doses = max(1, self.doses * ((last - first).days + 1) // 30)
        return {
            "validityPeriod": {"start": first.isoformat(), "end": last.isoformat()},
            "numberOfRepeatsAllowed": _REFILLS if refilled else 0,
            "quantity": quantity(self.doses if refilled else doses, "{dose}"),
        }


_REFILLS = 3
_GROUPS = MappingProxyType(
    {
        "atorvastatin": "statin",
        "simvastatin": "statin",
        "lisinopril": "ACE inhibitor or sartan",
        "losartan": "ACE inhibitor or sartan",
        "carvedilol": "beta blocker",
        "metoprolol": "beta blocker",
        "aspirin": "antithrombotic",
        "clopidogrel": "antithrombotic",
        "warfarin": "antithrombotic",
        "ibuprofen": "NSAID",
        "naproxen": "NSAID",
        "dexamethasone": "corticosteroid",
        "prednisone": "corticosteroid",
        "amoxicillin": "antibiotic",
        "amoxicillin/clavulanate": "antibiotic",
        "azithromycin": "antibiotic",
        "levofloxacin": "antibiotic",
    }
)
"""By ingredient; every other one is a group of its own."""
_APART = frozenset(
    map(
        frozenset,
        (
            ("amlodipine", "simvastatin"),
            ("antithrombotic", "NSAID"),
            ("corticosteroid", "NSAID"),
            ("warfarin", "antibiotic"),
            ("warfarin", "carbamazepine"),
            ("warfarin", "ketoconazole"),
            ("carbamazepine", "amlodipine"),
            ("carbamazepine", "statin"),
            ("ketoconazole", "amlodipine"),
            ("ketoconazole", "statin"),
            ("digoxin", "spironolactone"),
            ("levofloxacin", "ondansetron"),
            ("azithromycin", "ondansetron"),
        ),
    )
)
"""Groups or ingredients that nobody is given together: labels warn of it."""


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
    dispense = {"numberOfRepeatsAllowed": _REFILLS, "quantity": quantity(count, "{dose}")}
    name = words.split()[0]
    group = _GROUPS.get(name, name)
    return Medicine(words, group, fixed(concept("rxnorm", code)), fixed([dosage]), fixed(dispense), count)


def go_together(one: Medicine, other: Medicine) -> bool:
    """Whether a person may take both: they are of different groups, and no label warns of it."""
    pairs = ({x, y} for x in (one.group, one.ingredient) for y in (other.group, other.ingredient))
    return one.group != other.group and _APART.isdisjoint(map(frozenset, pairs))


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
        "308460": _row("308460", "azithromycin 250 mg daily", "250 mg by mouth daily", (250, 0, "mg")),
        "308971": _row("308971", "carbamazepine suspension", "200 mg by mouth twice daily", (200, 0, "mg"), 2),
        "197604": _row("197604", "digoxin 0.125 mg daily", "0.125 mg by mouth daily", (125, 3, "mg")),
        "310965": _row("310965", "ibuprofen 200 mg three times daily", "200 mg by mouth with food", (200, 0, "mg"), 3),
        "6135": _row("6135", "ketoconazole 200 mg daily", "200 mg by mouth daily", (200, 0, "mg")),
        "199885": _row("199885", "levofloxacin 500 mg daily", "500 mg by mouth daily", (500, 0, "mg")),
        "198014": _row("198014", "naproxen 500 mg twice daily", "500 mg by mouth with food", (500, 0, "mg"), 2),
        "308192": _row("308192", "amoxicillin 500 mg three times daily", "500 mg by mouth", (500, 0, "mg"), 3),
        "562251": _row("562251", "amoxicillin/clavulanate", "250 mg by mouth three times daily", (250, 0, "mg"), 3),
        "966222": _row("966222", "levothyroxine 75 mcg daily", "0.075 mg by mouth every morning", (75, 3, "mg")),
        "866427": _row("866427", "metoprolol succinate 25 mg daily", "25 mg by mouth daily", (25, 0, "mg")),
        "866436": _row("866436", "metoprolol succinate 50 mg daily", "50 mg by mouth daily", (50, 0, "mg")),
        "313096": _row("313096", "spironolactone 25 mg daily", "25 mg by mouth daily", (25, 0, "mg")),
        "313988": _row("313988", "furosemide 40 mg daily", "40 mg by mouth every morning", (40, 0, "mg")),
        "311354": _row("311354", "lisinopril 5 mg daily", "5 mg by mouth daily", (5, 0, "mg")),
        "617312": _row("617312", "atorvastatin 10 mg nightly", "10 mg by mouth at bedtime", (10, 0, "mg")),
        "259255": _row("259255", "atorvastatin 80 mg nightly", "80 mg by mouth at bedtime", (80, 0, "mg")),
        "313782": _row("313782", "acetaminophen 325 mg as needed", "325 mg by mouth as needed", (325, 0, "mg"), 3),
        "212033": _row("212033", "aspirin 325 mg daily", "325 mg by mouth daily", (325, 0, "mg")),
        "312615": _row("312615", "prednisone 20 mg daily", "20 mg by mouth daily with food", (20, 0, "mg")),
        "1740467": _row("1740467", "ondansetron before infusion", "4 mg by vein before infusion", (4, 0, "mg"), 1, 21),
        "3264": _row("3264", "dexamethasone before infusion", "8 mg by mouth before infusion", (8, 0, "mg"), 1, 21),
    }
)
"""By RxNorm code."""

SUPPORTIVE = ("1740467", "198440", "3264")
"""Given with the infusions, whatever else a subject takes."""
