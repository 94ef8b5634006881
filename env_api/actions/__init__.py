"""What each audit action does: (ledger, what was retrieved, action) -> the finding version that it writes."""

from env_api.actions.amend_finding import amend_finding
from env_api.actions.flag_finding import flag_finding
from env_api.actions.retract_finding import retract_finding
from env_api.actions.take import take

__all__ = ["amend_finding", "flag_finding", "retract_finding", "take"]
