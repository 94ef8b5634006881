"""What an agent claims, and the forms of reference that it may use."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.model import Frozen

Confidence = Annotated[float, Field(strict=True, ge=0.0, le=1.0, allow_inf_nan=False)]
"""Probability in [0, 1] that the finding is right; scored by a proper rule."""

ReferenceText = Annotated[str, Field(min_length=3, max_length=512)]
"""`Type/id`; an absolute URL under the episode's FHIR base and a `/_history/n` ending are reduced to it."""


class Finding(Frozen):
    """One version of a claim as it stands in the ledger. References are reduced to `Type/id`."""

    finding_id: str
    subject: str
    type: str
    evidence: tuple[str, ...]
    confidence: float
    corrective_action: str | None
    rationale: str
    version: int
    retracted: bool = False


class FlagFields(Frozen):
    """What every suite's flag_finding carries; a suite adds `type` and `corrective_action` as closed sets."""

    action: Literal["flag_finding"]
    subject: ReferenceText = Field(description="whom the finding is about: ResearchSubject or Patient reference")
    evidence: tuple[ReferenceText, ...] = Field(
        max_length=8, description="0 to 8 references to resources that you retrieved in full and that show the error"
    )
    confidence: Confidence = Field(description="your probability that this finding is right, 0 to 1")
    rationale: str = Field(max_length=2000, description="why, for the human reader; not graded")


class AmendFields(Frozen):
    """A new version of a finding: what is left out stays. Subject and type cannot change: retract, then flag."""

    action: Literal["amend_finding"]
    finding_id: str = Field(min_length=1, max_length=64)
    evidence: tuple[ReferenceText, ...] | None = Field(default=None, max_length=8)
    confidence: Confidence | None = None
    rationale: str | None = Field(default=None, max_length=2000)


class RetractFinding(Frozen):
    """Withdraw a finding; the earlier versions stay in the ledger and the last one counts."""

    action: Literal["retract_finding"]
    finding_id: str = Field(min_length=1, max_length=64)
    rationale: str = Field(default="", max_length=2000)
