"""A grade: what was expected, what was seen, and why; a pure function of (truth, record)."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from tasks.model import Frozen


class Checkpoint(Frozen):
    """One plain-sentence requirement."""

    name: str = Field(description="stable id, e.g. item:ResearchSubject/a1:invalid_age")
    requirement: str
    outcome: Literal["passed", "failed", "errored"]
    expected: str
    actual: str
    because: str


class Scorecard(Frozen):
    """All fractions are rounded to 6 places. A grader that errs leaves net and reward None: unscored, never 0."""

    task: str
    agent: str | None
    backend: str
    episode: str
    cause: str = Field(description="how the episode ended; `cut_off` if the record has no end")
    sealed: bool = Field(description="False: public salt, not a benchmark result")
    salt: str
    world_version: str
    world_digest: str
    grader_version: str
    assisted: bool
    net: float | None
    reward: float | None
    metrics: Mapping[str, Any] = Field(description="precision, recall, f1, calibration, confusion, ...")
    checkpoints: tuple[Checkpoint, ...]
    findings_sha256: str = Field(description="SHA-256 of the canonical live findings and report")
