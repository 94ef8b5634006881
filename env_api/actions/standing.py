"""Which finding an amendment or a retraction is about."""

from env_api.ledger import Ledger
from env_api.refusals import NoSuchFinding, Withdrawn
from tasks import Finding


def require_standing(ledger: Ledger, finding_id: str) -> Finding:
    """The last version of a finding that has not been retracted. Raises NoSuchFinding, Withdrawn."""
    last = ledger.latest(finding_id)
    if last is None:
        raise NoSuchFinding
    if last.retracted:
        raise Withdrawn
    return last
