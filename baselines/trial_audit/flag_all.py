"""Every type for each subject by id, in full confidence, until it is refused."""

from baselines.errors import BudgetSpent
from baselines.session import AgentSession
from baselines.trial_audit.guessing import ACTIONS, finding_types


async def flag_all(session: AgentSession, seed: int) -> None:
    types = await finding_types(session)
    async for row in session.search("ResearchSubject"):
        for finding_type in types:
            try:
                await session.flag(
                    f"ResearchSubject/{row['id']}",
                    finding_type,
                    confidence=1.0,
                    corrective_action=ACTIONS[finding_type],
                )
            except BudgetSpent:
                return
