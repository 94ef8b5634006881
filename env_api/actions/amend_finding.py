"""amend_finding: the next version of a finding; what the action leaves out stays."""

from env_api.actions.standing import require_standing
from env_api.evidence import Desktop
from env_api.refusals import NothingToAmend
from tasks import AmendFields, Finding


def amend_finding(desktop: Desktop, action: AmendFields) -> Finding:
    """Raises NoSuchFinding, Withdrawn, NothingToAmend, BadReference, NotRetrieved."""
    last = require_standing(desktop.ledger, action.finding_id)
    given = action.model_dump(exclude={"action", "finding_id"}, exclude_none=True)
    if not given:
        raise NothingToAmend
    if action.evidence is not None:
        given["evidence"] = desktop.evidence(action.evidence)
    return last.model_copy(update=given | {"version": last.version + 1})
