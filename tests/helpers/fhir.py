"""Small FHIR worlds for tests."""

from collections.abc import Iterable
from typing import Any

from fhir_r4 import World, digest, dump_exact

NOW = "2026-03-02T14:00:00Z"


def world_of(resources: Iterable[dict[str, Any]], now: str = NOW) -> World:
    rows = [(r["resourceType"], r["id"], dump_exact(r).encode()) for r in resources]
    counts: dict[str, int] = {}
    for name, _, _ in rows:
        counts[name] = counts.get(name, 0) + 1
    return World(now, tuple(blob for *_, blob in rows), counts, digest((f"{n}/{i}", blob) for n, i, blob in rows))


def patient(id: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id, **more}


def observation(id: str, subject: str, **more: Any) -> dict[str, Any]:
    coding = [{"system": "http://loinc.org", "code": "8867-4"}]
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {"coding": coding},
        "subject": {"reference": f"Patient/{subject}"},
        **more,
    }
