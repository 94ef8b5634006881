"""Which behaviour belongs to which action model."""

from typing import Any

from env_api.actions.amend_finding import amend_finding
from env_api.actions.flag_finding import flag_finding
from env_api.actions.retract_finding import retract_finding
from env_api.evidence import Desktop
from tasks import AmendFields, Finding, FlagFields, RetractFinding


def take(desktop: Desktop, action: Any) -> Finding:
    """The ledger version that a well-formed action writes. Raises a refusal."""
    match action:
        case FlagFields():
            return flag_finding(desktop, action)
        case AmendFields():
            return amend_finding(desktop, action)
        case RetractFinding():
            return retract_finding(desktop, action)
        case _:
            raise TypeError(f"no behaviour for {type(action).__name__}: add it to env_api/actions")
