"""The trial's indication: SNOMED CT and ICD-10-CM codes of each primary cancer that a protocol may name."""

from dataclasses import dataclass

from orjson import Fragment

from fhir_r4 import Invalid
from fhir_seed.codes import coding
from fhir_seed.trial_audit.render.written import fixed


@dataclass(frozen=True, slots=True)
class Cancer:
    """words: as notes and protocols write it. smoking: weights of daily, former and never among those who have it."""

    words: str
    snomed: str
    icd: str
    smoking: tuple[int, int, int]

    def concept(self) -> Fragment:
        return fixed({"coding": [coding("snomed", self.snomed), coding("icd-10-cm", self.icd)], "text": self.words})


CANCERS = (
    Cancer("Non-small cell lung cancer", "254637007", "C34.90", (28, 54, 18)),
    Cancer("Colon cancer", "93761005", "C18.9", (15, 38, 47)),
    Cancer("Bladder cancer", "93689003", "C67.9", (24, 46, 30)),
)


def cancer_named(name: str) -> Cancer:
    """By its words or by the table's display, any case. Raises Invalid."""
    wanted = _plain(name)
    for cancer in CANCERS:
        if wanted in (_plain(cancer.words), _plain(coding("snomed", cancer.snomed)["display"])):
            return cancer
    raise Invalid(f"no codes for the cancer {name!r}; use one of: {', '.join(c.words for c in CANCERS)}")


def _plain(name: str) -> str:
    return name.split(" (")[0].casefold().strip()
