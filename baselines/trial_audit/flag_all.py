"""Every type for each subject by id, in full confidence, until it is refused."""

from baselines.errors import BudgetSpent
from baselines.session import AgentSession
from baselines.trial_audit.guessing import ACTIONS


async def flag_all(session: AgentSession, seed: int) -> None:
    async for row in session.search("ResearchSubject"):
        for finding_type, corrective_action in ACTIONS.items():
            try:
                await session.flag(
                    f"ResearchSubject/{row['id']}",
                    finding_type,
                    confidence=1.0,
                    corrective_action=corrective_action,
                )
            except BudgetSpent:
                return
