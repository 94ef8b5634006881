"""The renderer's randomness: one named stream per component, none of which sees faults, arms or patterns."""

from dataclasses import dataclass

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.render.ids import Ids


@dataclass(frozen=True, slots=True)
class Streams:
    ids: Ids
    sites: Stream
    people: Stream
    """Names, addresses, numbers."""
    course: Stream
    """Visits, comorbid conditions, medicines, events."""
    values: Stream
    """Measurements."""
    notes: Stream


def open_streams(entropy: bytes) -> Streams:
    ids = Ids(Stream(entropy, "render.ids"))
    names = ("sites", "people", "course", "values", "notes")
    return Streams(ids, *(Stream(entropy, f"render.{name}") for name in names))
