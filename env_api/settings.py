"""The limits that the API holds agents to, and the address at which they reach it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Sizes in bytes, times in seconds."""

    agent_url: str = "http://127.0.0.1:8801"
    """Public URL of the agent API, without a last slash; FHIR links start with it."""
    page_default: int = 20
    page_max: int = 100
    """`_count` is lowered to this."""
    entries_max: int = 500
    """Resources in one answer, includes too."""
    answer_max: int = 1024 * 1024
    body_max: int = 256 * 1000
    url_max: int = 8192
    """Path and query of one FHIR request."""
    answer_seconds: float = 60.0
    idle_seconds: float = 1800.0
    """An episode that nobody called for this long is ended."""
    sweep_seconds: float = 30.0
    """How often idle episodes are looked for."""
    open_max: int = 256
    """Episodes open at once."""
    ended_kept: int = 4096
    """Ended episodes whose id still answers 410; the records of older ones stay on disk."""
