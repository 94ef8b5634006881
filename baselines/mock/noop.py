"""Reads the brief and leaves."""

from baselines.session import AgentSession


async def play(session: AgentSession, seed: int) -> None:
    await session.brief()
