"""`trial_audit`: find what is wrong in a clinical trial's charts."""

from tasks.trial_audit.actions import ACTIONS, COHORT_REPORT, REPORT
from tasks.trial_audit.brief import TITLE, instructions
from tasks.trial_audit.protocol import (
    COHORT_WEIGHT,
    CORRECTIVE_ACTIONS,
    FINDING_TYPES,
    IMPOSSIBLE_AGE,
    WEIGHTS,
    EquityThresholds,
    Protocol,
    Site,
)
from tasks.trial_audit.variants import VARIANTS, VERSION, ErrorMean, Variant

__all__ = [
    "ACTIONS",
    "COHORT_REPORT",
    "COHORT_WEIGHT",
    "CORRECTIVE_ACTIONS",
    "FINDING_TYPES",
    "IMPOSSIBLE_AGE",
    "REPORT",
    "TITLE",
    "VARIANTS",
    "VERSION",
    "WEIGHTS",
    "EquityThresholds",
    "ErrorMean",
    "Protocol",
    "Site",
    "Variant",
    "instructions",
]
