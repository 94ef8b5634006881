"""The rules of one trial's protocol as values: the seed renders their text, injector and oracle apply them."""

from collections.abc import Mapping

from pydantic import Field

from tasks.model import Frozen

FINDING_TYPES = ("invalid_age", "temporal_inconsistency", "protocol_window_violation")

WEIGHTS: Mapping[str, int] = {
    "invalid_age": 2,  # important deviations, after ICH E6
    "temporal_inconsistency": 2,
    "protocol_window_violation": 1,
}
COHORT_WEIGHT = 5

CORRECTIVE_ACTIONS: Mapping[tuple[str, str], str] = {
    ("invalid_age", "out_of_range"): "exclude_subject",
    ("invalid_age", "impossible"): "query_site",  # birth date after enrolment, or an age over 110
    ("invalid_age", "missing"): "query_site",
    ("temporal_inconsistency", "death_before_treatment"): "query_site",
    ("protocol_window_violation", "window"): "report_deviation",
    ("protocol_window_violation", "override"): "report_deviation",
}
"""By (type, kind); printed in the deviation clause."""

IMPOSSIBLE_AGE = 110
"""An age over this is a wrong birth date, whatever the range."""


class EquityThresholds(Frozen):
    """Hundredths: 70 is a share of .70. "At least" means >=."""

    dominance: int
    male: int
    gap: int


class Site(Frozen):
    """One row of the appendix: the site's Organization and its fixed UTC offset in minutes (no daylight saving)."""

    organization: str = Field(description="reference, Organization/<id>")
    name: str
    offset_minutes: int


class Protocol(Frozen):
    """Windows in whole days, bounds inclusive; ages in whole years, bounds inclusive."""

    number: str = Field(description="e.g. ONC-4127")
    title: str
    drug_code: str = Field(description="code of the study drug in the local CodeSystem")
    drug_name: str
    cancer: str = Field(description="display of the primary cancer")
    control_arm: str
    treatment_arm: str
    age_min: int
    age_max: int
    window: int
    stage_iv_window: int
    comorbidity_threshold: int | None = Field(description="index > this voids the Stage IV window; None: no such rule")
    escalate: int = Field(description="sites with at least this many subjects with an important deviation")
    equity: EquityThresholds | None
    sites: tuple[Site, ...]
