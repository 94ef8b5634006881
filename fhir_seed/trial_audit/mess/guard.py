"""Which rows the rules of a protocol read, so that value-changing phenomena leave them alone.

What is always spared, whatever the rules: ResearchSubjects, Consents, the birth date, sex and site of a subject's
Patient, what administrations, fatal events and rows of stage and index say. Phenomena that keep a value (another
offset, a day for a time, a further coding, a row beside the right one that no rule counts) may touch what is read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fhir_seed.trial_audit.terms import COMORBIDITY_INDEX, STAGE_GROUP


@dataclass(frozen=True, slots=True)
class Guard:
    """codes: of Observations whose value, unit and rank are read; elements: `Type.element` that is read."""

    codes: frozenset[str]
    elements: frozenset[str]

    @property
    def results(self) -> frozenset[str]:
        """codes without those of the trial's own Observations."""
        return self.codes.difference(TRIAL_CODES)

    def reads(self, type_: str, *elements: str) -> bool:
        """Whether a rule reads any of the elements."""
        return any(f"{type_}.{element}" in self.elements for element in elements)


def _reads(codes: Iterable[str] = (), elements: Iterable[str] = ()) -> Guard:
    return Guard(frozenset(codes), frozenset(elements))


HEMOGLOBIN, NEUTROPHILS, PLATELETS, CREATININE = "718-7", "751-8", "777-3", "2160-0"
TRIAL_CODES = (STAGE_GROUP, COMORBIDITY_INDEX)
ECOG, WEIGHT = "89247-1", "29463-7"

_ORDERS = [f"MedicationRequest.{name}" for name in ("status", "authoredOn", "medication", "dispenseRequest")]

READS: Mapping[str, Guard] = MappingProxyType(
    {
        "invalid_age": _reads(),
        "temporal_inconsistency": _reads(),
        "protocol_window_violation": _reads(TRIAL_CODES),
        "consent_after_procedure": _reads(elements=["Procedure.status", "Procedure.performed"]),
        "eligibility_lab_expired": _reads([HEMOGLOBIN]),
        "missed_safety_lab": _reads([NEUTROPHILS, PLATELETS, CREATININE]),
        "dose_modification_error": _reads([NEUTROPHILS, PLATELETS], ["AdverseEvent.severity", "AdverseEvent.date"]),
        "prohibited_conmed": _reads(elements=_ORDERS),
        "sae_reporting_delay": _reads(elements=["AdverseEvent.detected", "AdverseEvent.recordedDate"]),
        "duplicate_therapy": _reads(elements=_ORDERS),
        "allergy_conflict": _reads(elements=[*_ORDERS, "AllergyIntolerance.verificationStatus"]),
        "renal_dosing": _reads([CREATININE], _ORDERS),
        "note_structured_mismatch": _reads([ECOG], ["DocumentReference.content"]),
        "unit_or_plausibility_error": _reads([WEIGHT]),
        "duplicate_subject": _reads(elements=["Patient.name", "Patient.identifier"]),
    }
)
"""By finding type: what its rule reads beside what is always spared."""


def guard_of(finding_types: Iterable[str]) -> Guard:
    """Of a protocol with these finding types. A KeyError names a type that has no row in READS: add one."""
    guards = [READS[name] for name in finding_types]
    return Guard(
        frozenset().union(*(guard.codes for guard in guards)),
        frozenset().union(*(guard.elements for guard in guards)),
    )
