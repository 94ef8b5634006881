"""What an adverse event may be: its codes, and when in a cycle it starts."""

from dataclasses import dataclass

from orjson import Fragment

from fhir_seed.codes import coding
from fhir_seed.trial_audit.render.written import fixed


@dataclass(frozen=True, slots=True)
class Term:
    """days: from the dose to the onset, at least and at most; place: in TERMS. words: as a note says it."""

    words: str
    days: tuple[int, int]
    concept: Fragment
    place: int


def _terms(*rows: tuple[str, tuple[int, int], str, str]) -> tuple[Term, ...]:
    return tuple(
        Term(words, days, fixed({"coding": [coding("snomed", snomed), coding("icd-10-cm", icd)], "text": words}), place)
        for place, (words, days, snomed, icd) in enumerate(rows)
    )


TERMS = _terms(
    ("Nausea", (0, 5), "422587007", "R11.0"),
    ("Fatigue", (1, 9), "84229001", "R53.83"),
    ("Diarrhea", (2, 9), "62315008", "R19.7"),
    ("Fever", (1, 10), "386661006", "R50.9"),
    ("Dyspnea", (0, 12), "267036007", "R06.00"),
    ("Neutropenia", (0, 0), "47318007", "D70.9"),
    ("Anemia", (0, 0), "271737000", "D64.9"),
    ("Febrile neutropenia", (6, 12), "409089005", "D70.9"),
    ("Thrombocytopenia", (0, 0), "302215000", "D69.6"),
)
_NAUSEA, _FATIGUE, _DIARRHEA, FEVER, _DYSPNEA, NEUTROPENIA, ANEMIA, FEBRILE_NEUTROPENIA, THROMBOCYTOPENIA = TERMS
SYMPTOMS = (_NAUSEA, _NAUSEA, _FATIGUE, _FATIGUE, _DIARRHEA, FEVER, _DYSPNEA)
"""Mild or moderate, the common ones twice."""
SEVERE = (FEBRILE_NEUTROPENIA, FEBRILE_NEUTROPENIA, _DIARRHEA, _NAUSEA, _DYSPNEA)
