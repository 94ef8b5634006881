"""The mess layer: what a real chart has and a generated one lacks, at published rates, without moving the truth."""

from fhir_seed.trial_audit.mess.careless_further import Sorted, rows_read
from fhir_seed.trial_audit.mess.guard import READS, Guard, guard_of
from fhir_seed.trial_audit.mess.layer import Mess
from fhir_seed.trial_audit.mess.log import CLEAN, MessLog, Tally, Touch
from fhir_seed.trial_audit.mess.rates import RATES, Rate
from fhir_seed.trial_audit.mess.traps import mess_traps

__all__ = [
    "CLEAN",
    "RATES",
    "READS",
    "Guard",
    "Mess",
    "MessLog",
    "Rate",
    "Sorted",
    "Tally",
    "Touch",
    "guard_of",
    "mess_traps",
    "rows_read",
]
