"""The audit actions of `trial_audit` and its closing report."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from tasks.finding import AmendFields, Confidence, FlagFields, ReferenceText, RetractFinding
from tasks.model import Frozen
from tasks.trial_audit.variants import Variant

FindingType = Literal["invalid_age", "temporal_inconsistency", "protocol_window_violation"]
ExtendedFindingType = Literal[
    "invalid_age",
    "temporal_inconsistency",
    "protocol_window_violation",
    "consent_after_procedure",
    "eligibility_lab_expired",
    "missed_safety_lab",
    "dose_modification_error",
    "prohibited_conmed",
    "sae_reporting_delay",
    "duplicate_therapy",
    "allergy_conflict",
    "renal_dosing",
    "note_structured_mismatch",
    "unit_or_plausibility_error",
    "duplicate_subject",
]
CorrectiveAction = Literal["query_site", "report_deviation", "exclude_subject"]
Verdict = Literal["selection_bias", "confounded", "none"]


class FlagFinding(FlagFields):
    type: FindingType
    corrective_action: CorrectiveAction = Field(description="what the protocol's deviation clause prescribes")


class FlagExtendedFinding(FlagFields):
    """Where the protocol has sections 7 and 8."""

    type: ExtendedFindingType
    corrective_action: CorrectiveAction = Field(description="what the protocol's deviation clause prescribes")


class AmendFinding(AmendFields):
    corrective_action: CorrectiveAction | None = None


Action = Annotated[FlagFinding | AmendFinding | RetractFinding, Field(discriminator="action")]
ExtendedAction = Annotated[FlagExtendedFinding | AmendFinding | RetractFinding, Field(discriminator="action")]

_Count = Annotated[int, Field(strict=True, ge=0, le=100_000)]
_Share = Annotated[float, Field(strict=True, ge=-1.0, le=1.0, allow_inf_nan=False)]


class Counts(Frozen):
    """How many subjects have each type of finding, in your judgement."""

    invalid_age: _Count
    temporal_inconsistency: _Count
    protocol_window_violation: _Count


class ExtendedCounts(Counts):
    consent_after_procedure: _Count
    eligibility_lab_expired: _Count
    missed_safety_lab: _Count
    dose_modification_error: _Count
    prohibited_conmed: _Count
    sae_reporting_delay: _Count
    duplicate_therapy: _Count
    allergy_conflict: _Count
    renal_dosing: _Count
    note_structured_mismatch: _Count
    unit_or_plausibility_error: _Count
    duplicate_subject: _Count


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


class ExtendedReport(Report):
    """The closing report where the protocol has sections 7 and 8."""

    counts: ExtendedCounts


ACTIONS: TypeAdapter[FlagFinding | AmendFinding | RetractFinding] = TypeAdapter(Action)
REPORT: TypeAdapter[Report] = TypeAdapter(Report)
COHORT_REPORT: TypeAdapter[CohortAuditReport] = TypeAdapter(CohortAuditReport)
EXTENDED_ACTIONS: TypeAdapter[FlagExtendedFinding | AmendFinding | RetractFinding] = TypeAdapter(ExtendedAction)
EXTENDED_REPORT: TypeAdapter[ExtendedReport] = TypeAdapter(ExtendedReport)


def actions_of(variant: Variant) -> TypeAdapter[Any]:
    """The audit actions whose findings have the variant's types."""
    return EXTENDED_ACTIONS if variant.extended else ACTIONS


def report_of(variant: Variant) -> TypeAdapter[Any]:
    """The closing report: counts of the variant's types, and its cohort answer if the protocol asks for one."""
    if variant.equity_clause:
        return COHORT_REPORT
    return EXTENDED_REPORT if variant.extended else REPORT
