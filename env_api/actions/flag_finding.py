"""flag_finding: a new finding, always under a new id; the grader takes the latest of a (subject, type)."""

from env_api.evidence import Desktop
from tasks import Finding, FlagFields


def flag_finding(desktop: Desktop, action: FlagFields) -> Finding:
    """Raises BadReference, BadSubject, NotRetrieved."""
    fields = action.model_dump()
    return Finding(
        finding_id=desktop.ledger.next_id,
        subject=desktop.subject(action.subject),
        type=fields["type"],
        evidence=desktop.evidence(action.evidence),
        confidence=action.confidence,
        corrective_action=fields.get("corrective_action"),
        rationale=action.rationale,
        version=1,
    )
