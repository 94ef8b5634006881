"""Reads the brief and does nothing: no finding and no report, so whoever runs it has to close the episode."""

from baselines.session import AgentSession


async def noop(session: AgentSession, seed: int) -> None:
    await session.brief()
