"""What agents need that flag without reading the rules: the finding types, and a way to flag until actions run out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from baselines.errors import BudgetSpent
from baselines.session import AgentSession

ACTIONS: Mapping[str, str] = {
    "invalid_age": "exclude_subject",
    "temporal_inconsistency": "query_site",
    "protocol_window_violation": "report_deviation",
    "consent_after_procedure": "report_deviation",
    "eligibility_lab_expired": "report_deviation",
    "missed_safety_lab": "report_deviation",
    "dose_modification_error": "report_deviation",
    "prohibited_conmed": "report_deviation",
    "sae_reporting_delay": "report_deviation",
    "duplicate_therapy": "query_site",
    "allergy_conflict": "query_site",
    "renal_dosing": "report_deviation",
    "note_structured_mismatch": "query_site",
    "unit_or_plausibility_error": "query_site",
    "duplicate_subject": "exclude_subject",
}
"""The finding types, each with the corrective action that a guess names."""


async def finding_types(session: AgentSession) -> list[str]:
    """Those that the brief's schema of actions takes. Free."""
    schema = orjson.dumps((await session.brief())["action_schema"])
    return [name for name in ACTIONS if f'"{name}"'.encode() in schema]


@dataclass(frozen=True, slots=True)
class Guess:
    subject: str
    type: str
    confidence: float
    evidence: tuple[str, ...] = ()


async def flag_guesses(session: AgentSession, guesses: Iterable[Guess]) -> None:
    """In their order, until the actions are spent."""
    for guess in guesses:
        try:
            await session.flag(
                guess.subject,
                guess.type,
                confidence=guess.confidence,
                corrective_action=ACTIONS[guess.type],
                evidence=guess.evidence,
            )
        except BudgetSpent:
            return


async def enrolled_pairs(session: AgentSession) -> list[tuple[str, str]]:
    """(ResearchSubject, Patient) references of everyone with an arm and a start, by ResearchSubject id."""
    pairs = []
    async for row in session.search("ResearchSubject", [("_include", "ResearchSubject:individual")]):
        if row["resourceType"] == "ResearchSubject" and "assignedArm" in row and row.get("period", {}).get("start"):
            pairs.append((f"ResearchSubject/{row['id']}", row["individual"]["reference"]))
    return sorted(pairs)
