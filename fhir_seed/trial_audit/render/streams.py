"""The renderer's randomness: one named stream per component, none of which sees faults, arms or patterns."""

from dataclasses import dataclass

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.render.ids import Ids


@dataclass(frozen=True, slots=True)
class Streams:
    ids: Ids
    """Of what a course knows."""
    row_ids: Ids
    """Of rows that nobody names before they are written."""
    sites: Stream
    people: Stream
    """Names, addresses, numbers."""
    course: Stream
    """Visits, comorbid conditions, medicines, events."""
    values: Stream
    """Measurements at screening."""
    cycles: Stream
    """Everything from the first dose on."""
    notes: Stream
    pressures: Stream
    """Blood pressures after screening, with the ids of their rows."""


def open_streams(entropy: bytes) -> Streams:
    ids, row_ids = Ids(Stream(entropy, "render.ids")), Ids(Stream(entropy, "render.row ids"))
    names = ("sites", "people", "course", "values", "cycles", "notes", "pressures")
    return Streams(ids, row_ids, *(Stream(entropy, f"render.{name}") for name in names))
