"""The evidence gate, verified from the record alone: nothing rests on what was not yet returned in full."""

from tasks import ActionTaken, FhirCall, RunRecord


def gate_breaches(record: RunRecord) -> tuple[str, ...]:
    """One line per subject or evidence reference of an accepted finding that had not been retrieved by then."""
    retrieved: set[str] = set()
    breaches = []
    for event in record.events:
        if isinstance(event, FhirCall):
            retrieved.update(reference.partition("/_history/")[0] for reference in event.full)
        elif isinstance(event, ActionTaken) and event.finding is not None and not event.finding.retracted:
            finding = event.finding
            used = dict.fromkeys((finding.subject, *finding.evidence))
            breaches += [f"{finding.finding_id}: {ref}" for ref in used if ref not in retrieved]
    return tuple(breaches)
