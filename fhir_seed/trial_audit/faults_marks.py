"""What a fault or trap asks of a subject's course; None asks nothing."""

from dataclasses import dataclass
from typing import Literal

RecordShape = Literal[
    "stage_superseded",
    "stage_after_enrolment",
    "stage_corrected",
    "index_corrected",
    "offset_across_midnight",
    "merged_duplicate",
]
BirthDate = Literal["future", "ancient", "missing"]


@dataclass(frozen=True, slots=True)
class Marks:
    """age in whole years at enrolment; delay: days from enrolment to start; death_gap: from start to recorded death.

    true_gap: from start to the death in fact, where the recorded one is wrong.
    """

    age: int | None = None
    birth_date: BirthDate | None = None
    delay: int | None = None
    death_gap: int | None = None
    true_gap: int | None = None
    index: int | None = None
    shape: RecordShape | None = None


UNMARKED = Marks()
