"""Flags every patient without a birth date."""

from baselines.session import AgentSession


async def play(session: AgentSession, seed: int) -> None:
    await session.brief()
    found = 0
    async for patient in session.search("Patient"):
        if "birthDate" in patient:
            continue
        reference = f"Patient/{patient['id']}"
        await session.flag(
            reference,
            "missing_birth_date",
            confidence=1.0,
            corrective_action="query_site",
            evidence=(reference,),
            rationale="no birthDate element",
        )
        found += 1
    await session.submit({"counts": {"missing_birth_date": found}, "narrative": f"{found} without a birth date"})
