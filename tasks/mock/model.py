"""The mock suite's rules: patients without a birth date are to be flagged."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from tasks.finding import AmendFields, FlagFields, RetractFinding
from tasks.model import Frozen
from tasks.suite import Budget

VERSION = "1"
TITLE = "Find patients without a birth date"
WEIGHTS: Mapping[str, int] = {"missing_birth_date": 1}
BUDGET = Budget(fhir=12, actions=6, par=6)
VARIANTS: Mapping[str, Budget] = {"tiny": BUDGET}

INSTRUCTIONS = """\
The chart holds three patients. Flag every Patient that has no `birthDate` (finding type `missing_birth_date`,
corrective action `query_site`), with the Patient itself as evidence, then submit the count. A right finding pays
2p - p^2 (0.85 of it without evidence), a wrong one costs p^2, where p is your confidence.
"""


class FlagFinding(FlagFields):
    type: Literal["missing_birth_date"]
    corrective_action: Literal["query_site"]


class AmendFinding(AmendFields):
    pass


class Counts(Frozen):
    missing_birth_date: Annotated[int, Field(strict=True, ge=0, le=1000)]


class Report(Frozen):
    """The closing report; submitting it ends the episode."""

    counts: Counts
    narrative: str = Field(max_length=2000)


Action = Annotated[FlagFinding | AmendFinding | RetractFinding, Field(discriminator="action")]
ACTIONS: TypeAdapter[FlagFinding | AmendFinding | RetractFinding] = TypeAdapter(Action)
REPORT: TypeAdapter[Report] = TypeAdapter(Report)
