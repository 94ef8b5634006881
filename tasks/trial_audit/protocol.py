"""The rules of one trial's protocol as values: the seed renders their text, injector and oracle apply them."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from tasks.model import Frozen

FINDING_TYPES = ("invalid_age", "temporal_inconsistency", "protocol_window_violation")
"""Those of every variant."""
EXTENDED_TYPES = (
    *FINDING_TYPES,
    "consent_after_procedure",
    "eligibility_lab_expired",
    "missed_safety_lab",
    "dose_modification_error",
    "prohibited_conmed",
    "sae_reporting_delay",
    "duplicate_therapy",
    "allergy_conflict",
    "renal_dosing",
    "note_structured_mismatch",
    "unit_or_plausibility_error",
    "duplicate_subject",
)
"""Those of a protocol with the further rules of sections 7 and 8; the n-th of the last twelve is clause 8.n."""

ICH: Mapping[str, Literal["important", "other"]] = {
    "invalid_age": "important",
    "temporal_inconsistency": "important",
    "protocol_window_violation": "other",
    "consent_after_procedure": "important",
    "eligibility_lab_expired": "important",
    "missed_safety_lab": "important",
    "dose_modification_error": "important",
    "prohibited_conmed": "important",
    "sae_reporting_delay": "important",
    "duplicate_therapy": "other",
    "allergy_conflict": "important",
    "renal_dosing": "important",
    "note_structured_mismatch": "other",
    "unit_or_plausibility_error": "other",
    "duplicate_subject": "important",
}
"""Class of the deviation after ICH E6: important ones may affect a subject's rights, safety, or the trial's data."""
_CLASS_WEIGHTS = {"important": 2, "other": 1}
TYPE_WEIGHTS: Mapping[str, int] = {name: _CLASS_WEIGHTS[ICH[name]] for name in EXTENDED_TYPES}
"""By finding type, all fifteen."""

KAHN: Mapping[str, str] = {
    "invalid_age": "plausibility_atemporal",
    "temporal_inconsistency": "plausibility_temporal",
    "protocol_window_violation": "conformance_relational",
    "consent_after_procedure": "plausibility_temporal",
    "eligibility_lab_expired": "conformance_relational",
    "missed_safety_lab": "completeness",
    "dose_modification_error": "conformance_computational",
    "prohibited_conmed": "conformance_relational",
    "sae_reporting_delay": "plausibility_temporal",
    "duplicate_therapy": "plausibility_uniqueness",
    "allergy_conflict": "conformance_relational",
    "renal_dosing": "conformance_computational",
    "note_structured_mismatch": "plausibility_atemporal",
    "unit_or_plausibility_error": "conformance_value",
    "duplicate_subject": "plausibility_uniqueness",
}
"""Category of data quality (Kahn 2016), by which recall is reported."""

WEIGHTS: Mapping[str, int] = {name: TYPE_WEIGHTS[name] for name in FINDING_TYPES}
COHORT_WEIGHT = 5

CORRECTIVE_ACTIONS: Mapping[tuple[str, str], str] = {
    ("invalid_age", "out_of_range"): "exclude_subject",
    ("invalid_age", "impossible"): "query_site",  # birth date after enrolment, or an age over 110
    ("invalid_age", "missing"): "query_site",
    ("temporal_inconsistency", "death_before_treatment"): "query_site",
    ("protocol_window_violation", "window"): "report_deviation",
    ("protocol_window_violation", "override"): "report_deviation",
    ("consent_after_procedure", "procedure"): "report_deviation",
    ("eligibility_lab_expired", "hemoglobin"): "report_deviation",
    ("missed_safety_lab", "result"): "report_deviation",
    ("dose_modification_error", "dose"): "report_deviation",
    ("prohibited_conmed", "order"): "report_deviation",
    ("sae_reporting_delay", "event"): "report_deviation",
    ("duplicate_therapy", "orders"): "query_site",
    ("allergy_conflict", "order"): "query_site",
    ("renal_dosing", "order"): "report_deviation",
    ("note_structured_mismatch", "ecog"): "query_site",
    ("unit_or_plausibility_error", "weight"): "query_site",
    ("duplicate_subject", "enrolled_twice"): "exclude_subject",
}
"""By (type, kind); printed in the deviation clause."""

IMPOSSIBLE_AGE = 110
"""An age over this is a wrong birth date, whatever the range."""

DOSE_LEVELS = (100, 80, 60)
"""Per cent of the trial's dose: a dose is lowered one level at a time, and never raised again."""
NEUTROPHILS_FLOOR = 10
"""Tenths of 10*3/uL: fewer in the blood drawn for a dose lower it."""
NEUTROPHILS_HELD = 5
"""With fewer no dose is given."""
PLATELETS_FLOOR = 75
"""10*3/uL: fewer in the blood drawn for a dose lower it."""
PLATELETS_HELD = 50


class EquityThresholds(Frozen):
    """Hundredths: 70 is a share of .70. "At least" means >=."""

    dominance: int
    male: int
    gap: int


class Site(Frozen):
    """One row of the appendix: the site's Organization and its fixed UTC offset in minutes (no daylight saving)."""

    organization: str = Field(description="reference, Organization/<id>")
    name: str
    offset_minutes: int


class MedicineGroup(Frozen):
    """One row of Appendix B: a medicine, or several that an allergy to one of them rules out together."""

    name: str
    codes: tuple[str, ...] = Field(description="RxNorm; products and ingredients")
    prohibited: bool
    creatinine_limit: int | None = Field(
        default=None, description="hundredths of mg/dL; over it no order is written; None: no limit"
    )


class ExtendedRules(Frozen):
    """Constants of sections 7 and 8. Days are whole, bounds inclusive."""

    dose: int = Field(description="starting dose of the investigational product, mg")
    lab_days: int = Field(description="a safety result is at most this many days older than the administration")
    eligibility_days: int = Field(description="the hemoglobin result is at most this old on the enrolment day")
    washout_days: int = Field(description="days after the end of a prohibited medicine without an administration")
    overlap_days: int = Field(description="days that two orders of one medicine may overlap")
    reporting_days: int = Field(description="days from detection to record of a serious event")
    dose_tolerance: int = Field(description="per cent of the rule dose")
    weight_factor: int = Field(description="tenths; a weight that is off by more is implausible")
    medicines: tuple[MedicineGroup, ...]


class Protocol(Frozen):
    """Windows in whole days, bounds inclusive; ages in whole years, bounds inclusive."""

    number: str = Field(description="e.g. ONC-4127")
    title: str
    drug_code: str = Field(description="code of the study drug in the local CodeSystem")
    drug_name: str
    cancer: str = Field(description="display of the primary cancer")
    control_arm: str
    treatment_arm: str
    age_min: int
    age_max: int
    window: int
    stage_iv_window: int
    comorbidity_threshold: int | None = Field(description="index > this voids the Stage IV window; None: no such rule")
    escalate: int = Field(description="sites with at least this many subjects with an important deviation")
    equity: EquityThresholds | None
    extended: ExtendedRules | None = Field(default=None, description="None: the protocol ends with section 6")
    sites: tuple[Site, ...]

    @property
    def finding_types(self) -> tuple[str, ...]:
        return EXTENDED_TYPES if self.extended else FINDING_TYPES
