"""The errors of section 8 in single subjects: who fits, what changes, and every minimal set of rows that shows it.

Written from what was drawn, by the injector's own reckoning: the oracle derives the same from the finished resources.
"""

from collections.abc import Mapping

from fhir_seed.trial_audit.extended.faults.allergy import ALLERGY_CONFLICT
from fhir_seed.trial_audit.extended.faults.consent import CONSENT_AFTER_PROCEDURE
from fhir_seed.trial_audit.extended.faults.dose import DOSE_MODIFICATION_ERROR
from fhir_seed.trial_audit.extended.faults.duplicate import DUPLICATE_THERAPY
from fhir_seed.trial_audit.extended.faults.eligibility import ELIGIBILITY_LAB_EXPIRED
from fhir_seed.trial_audit.extended.faults.kind import Evidence, Kind
from fhir_seed.trial_audit.extended.faults.note import NOTE_STRUCTURED_MISMATCH
from fhir_seed.trial_audit.extended.faults.prohibited import PROHIBITED_CONMED
from fhir_seed.trial_audit.extended.faults.renal import RENAL_DOSING
from fhir_seed.trial_audit.extended.faults.report import SAE_REPORTING_DELAY
from fhir_seed.trial_audit.extended.faults.safety import MISSED_SAFETY_LAB
from fhir_seed.trial_audit.extended.faults.weight import UNIT_OR_PLAUSIBILITY_ERROR

__all__ = ["KINDS", "Evidence", "Kind"]

KINDS: Mapping[str, Kind] = {
    "renal_dosing": RENAL_DOSING,
    "sae_reporting_delay": SAE_REPORTING_DELAY,
    "dose_modification_error": DOSE_MODIFICATION_ERROR,
    "allergy_conflict": ALLERGY_CONFLICT,
    "duplicate_therapy": DUPLICATE_THERAPY,
    "eligibility_lab_expired": ELIGIBILITY_LAB_EXPIRED,
    "consent_after_procedure": CONSENT_AFTER_PROCEDURE,
    "missed_safety_lab": MISSED_SAFETY_LAB,
    "prohibited_conmed": PROHIBITED_CONMED,
    "unit_or_plausibility_error": UNIT_OR_PLAUSIBILITY_ERROR,
    "note_structured_mismatch": NOTE_STRUCTURED_MISMATCH,
}
"""By finding type; those with the fewest who fit come first."""
