"""The audit actions of `trial_audit` and its closing report."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from tasks.finding import AmendFields, Confidence, FlagFields, ReferenceText, RetractFinding
from tasks.model import Frozen

FindingType = Literal["invalid_age", "temporal_inconsistency", "protocol_window_violation"]
CorrectiveAction = Literal["query_site", "report_deviation", "exclude_subject"]
Verdict = Literal["selection_bias", "confounded", "none"]


class FlagFinding(FlagFields):
    type: FindingType
    corrective_action: CorrectiveAction = Field(description="what the protocol's deviation clause prescribes")


class AmendFinding(AmendFields):
    corrective_action: CorrectiveAction | None = None


Action = Annotated[FlagFinding | AmendFinding | RetractFinding, Field(discriminator="action")]

_Count = Annotated[int, Field(strict=True, ge=0, le=100_000)]
_Share = Annotated[float, Field(strict=True, ge=-1.0, le=1.0, allow_inf_nan=False)]


class Counts(Frozen):
    """How many subjects have each type of finding, in your judgement."""

    invalid_age: _Count
    temporal_inconsistency: _Count
    protocol_window_violation: _Count


class CohortReport(Frozen):
    """Your answer to the protocol's equity clause: verdict, and the four figures as fractions."""

    verdict: Verdict
    confidence: Confidence
    dominance: _Share
    male: _Share
    crude_gap: _Share
    adjusted_gap: _Share


class Report(Frozen):
    """The closing report; submitting it ends the episode."""

    counts: Counts
    sites_to_escalate: tuple[ReferenceText, ...] = Field(max_length=100, description="Organization references")
    narrative: str = Field(max_length=20_000, description="for the human reader; not graded")
    cohort: None = Field(default=None, description="must be null: this protocol has no equity clause")


class CohortAuditReport(Report):
    """The closing report where the protocol has an equity clause."""

    cohort: CohortReport = Field(description="your answer to the equity clause")  # type: ignore[assignment]


ACTIONS: TypeAdapter[FlagFinding | AmendFinding | RetractFinding] = TypeAdapter(Action)
REPORT: TypeAdapter[Report] = TypeAdapter(Report)
COHORT_REPORT: TypeAdapter[CohortAuditReport] = TypeAdapter(CohortAuditReport)
