"""Whom a finding is about, and which version counts: the latest live finding per (person, type)."""

from collections.abc import Mapping
from dataclasses import dataclass

from tasks import ActionTaken, Finding, RunRecord


@dataclass(frozen=True, slots=True)
class Claim:
    """subject: canonical reference, or the finding's own if it names nobody of the world."""

    subject: str
    type: str
    finding: Finding


def live_claims(record: RunRecord, persons: Mapping[str, str]) -> tuple[Claim, ...]:
    """Sorted by (subject, type). Aliases of one person are one subject; of several live findings the last written."""
    latest: dict[str, Finding] = {}
    for event in record.events:
        if isinstance(event, ActionTaken) and event.finding is not None:
            latest.pop(event.finding.finding_id, None)
            latest[event.finding.finding_id] = event.finding
    claims = {
        (persons.get(finding.subject, finding.subject), finding.type): finding
        for finding in latest.values()
        if not finding.retracted
    }
    return tuple(Claim(*key, claims[key]) for key in sorted(claims))
