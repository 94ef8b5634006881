"""What agents need that flag without reading the rules: the three types, and a way to flag until no action is left."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from baselines.errors import BudgetSpent
from baselines.session import AgentSession

ACTIONS: Mapping[str, str] = {
    "invalid_age": "exclude_subject",
    "temporal_inconsistency": "query_site",
    "protocol_window_violation": "report_deviation",
}
"""The finding types, each with the corrective action that a guess names."""


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
