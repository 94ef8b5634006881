"""The renderer's randomness: one named stream per component, none of which sees faults, arms or patterns."""

from dataclasses import dataclass

from fhir_seed.stream import Stream


@dataclass(frozen=True, slots=True)
class Streams:
    ids: Stream
    sites: Stream
    people: Stream
    """Names, addresses, numbers."""
    course: Stream
    """Visits, comorbid conditions, medicines, events."""
    values: Stream
    """Measurements."""
    notes: Stream


def open_streams(entropy: bytes) -> Streams:
    names = ("ids", "sites", "people", "course", "values", "notes")
    return Streams(*(Stream(entropy, f"render.{name}") for name in names))
