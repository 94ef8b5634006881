"""What is wrong in a world, as data. Never leaves the operator's side."""

from collections.abc import Mapping

from pydantic import Field

from tasks.model import Frozen


class TruthItem(Frozen):
    """One error that a perfect reader reports."""

    subject: str = Field(description="canonical reference, as in `Truth.persons` values")
    type: str = Field(description="finding type, e.g. invalid_age")
    kind: str = Field(description="sub-kind for counts and recall, e.g. missing")
    weight: int
    evidence: tuple[tuple[str, ...], ...] = Field(
        description="alternative minimal sets of references (each sorted); any one suffices; sorted"
    )
    corrective_action: str


class Trap(Frozen):
    """A valid look-alike: flagging this type on this subject is wrong."""

    subject: str
    type: str
    family: str = Field(description="e.g. boundary_age")


class CohortTruth(Frozen):
    """The verdict item of trial_audit/hard. Figures are fractions rounded to 6 places."""

    verdict: str
    weight: int
    dominance: float
    male: float
    crude_gap: float
    adjusted_gap: float


class Truth(Frozen):
    """items and traps are sorted by (subject, type)."""

    items: tuple[TruthItem, ...]
    traps: tuple[Trap, ...]
    persons: Mapping[str, str] = Field(
        description="every reference by which a person may be named (Patient, ResearchSubject, merged duplicates) ->"
        " the canonical reference, for everyone in the world"
    )
    counts: Mapping[str, int] = Field(description="number of items by type, for the report; every type is a key")
    escalate: tuple[str, ...] = Field(default=(), description="sites to escalate, sorted references")
    cohort: CohortTruth | None = None
