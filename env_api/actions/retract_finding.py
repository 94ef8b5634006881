"""retract_finding: the next and last version of a finding says that it is withdrawn."""

from env_api.actions.standing import require_standing
from env_api.evidence import Desktop
from tasks import Finding, RetractFinding


def retract_finding(desktop: Desktop, action: RetractFinding) -> Finding:
    """Raises NoSuchFinding, Withdrawn."""
    last = require_standing(desktop.ledger, action.finding_id)
    given = {"rationale": action.rationale} if action.rationale else {}
    return last.model_copy(update=given | {"version": last.version + 1, "retracted": True})
