"""The rows that section 8 reads, fetched kind by kind in whole searches and laid into each subject's folder."""

from collections.abc import Awaitable, Callable

from baselines.session import Resource
from baselines.trial_audit.further_protocol import Further

Fetch = Callable[[str, list[tuple[str, str]]], Awaitable[list[Resource]]]
"""Resource type and search parameters -> all rows."""
File = Callable[[Resource], None]
"""Lays a row into the folder of its subject."""
_LOINC = "http://loinc.org"


async def read_further(rules: Further, fetch: Fetch, file: File, *, any_status: bool) -> None:
    """Rows with a status that does not count stay out, unless any_status."""
    for kind, params, statuses in _searches(rules):
        if not any_status and statuses:
            params = [*params, ("status", ",".join(statuses))]
        for row in await fetch(kind, params):
            if any_status or not statuses or row.get("status") in statuses:
                file(row)


def _searches(rules: Further) -> list[tuple[str, list[tuple[str, str]], tuple[str, ...]]]:
    """Resource type, parameters without the status, statuses that count (empty: the type has none)."""
    results = ",".join(f"{_LOINC}|{code}" for code in sorted(rules.codes.values()))
    notes = ",".join(f"{_LOINC}|{code}" for code in rules.note_types)
    return [
        ("Observation", [("code", results)], rules.reported),
        ("MedicationRequest", [("intent", "order")], rules.ordered),
        ("AllergyIntolerance", [("clinical-status", "active"), ("criticality", "high")], ()),
        ("Procedure", [("category", "|".join(rules.procedure))], ("completed",)),
        ("Consent", [], rules.consented),
        ("DocumentReference", [("type", notes)], ("current",)),
    ]
