"""The variants of `trial_audit`: constants only, as `docs/tasks/trial_audit.md` publishes them."""

from typing import Literal

from tasks.model import Frozen
from tasks.suite import Budget
from tasks.trial_audit.protocol import CORRECTIVE_ACTIONS, EXTENDED_TYPES, FINDING_TYPES

VERSION = "1"
"""Version of the world generator: since the first release any change of its bytes is a new version."""

VariantName = Literal["tiny", "easy", "medium", "hard", "hard-clean", "hard-heavy", "extended"]
Tier = Literal["tiny", "easy", "medium", "hard", "extended"]
"""How difficult the plan is; several variants may share it."""
MessLevel = Literal["clean", "realistic", "heavy"]
"""How much of a real chart's disorder is laid over the world once its truth is known."""


class ErrorMean(Frozen):
    """Mean number of truth items of one row; the count of an index is max(1, round(mean x U(.7, 1.3)))."""

    type: str
    kind: str
    mean: int


class Variant(Frozen):
    """enrolled is split into two arms of exactly half. Windows in days. escalate: the protocol's E."""

    name: VariantName
    tier: Tier
    mess: MessLevel = "clean"
    enrolled: int
    screened: int
    age_ranges: tuple[tuple[int, int], ...]
    windows: tuple[int, ...]
    stage_iv_extra: tuple[int, ...] = (7, 10, 14)
    comorbidity_thresholds: tuple[int, ...] = ()
    """Empty: the protocol has no rule that voids the Stage IV extension."""
    equity_clause: bool = False
    escalate: int
    errors: tuple[ErrorMean, ...]
    extended: tuple[ErrorMean, ...] = ()
    """Of sections 7 and 8; empty: the protocol ends with section 6."""
    finding_types: tuple[str, ...] = FINDING_TYPES
    one_more: int = 0
    """Per mille of indices with one more item of a drawn row."""
    doubles: int = 0
    """Per mille of the items that go to a subject who already has one of another type."""
    noise: bool = True
    """Whether ordinary records hold rows that do not count."""
    budget: Budget


def _errors(age: int, missing: int, temporal: int, window: int, override: int) -> tuple[ErrorMean, ...]:
    rows = (
        ErrorMean(type="invalid_age", kind="out_of_range", mean=age),
        ErrorMean(type="invalid_age", kind="missing", mean=missing),
        ErrorMean(type="temporal_inconsistency", kind="death_before_treatment", mean=temporal),
        ErrorMean(type="protocol_window_violation", kind="window", mean=window),
        ErrorMean(type="protocol_window_violation", kind="override", mean=override),
    )
    return tuple(row for row in rows if row.mean)


_HARD_AGES = ((18, 75), (21, 80), (30, 85), (35, 85), (40, 90))

_HARD = Variant(
    name="hard",
    tier="hard",
    mess="realistic",
    enrolled=720,
    screened=48,
    age_ranges=_HARD_AGES,
    windows=(14, 18, 21, 24),
    comorbidity_thresholds=(3, 4),
    equity_clause=True,
    escalate=4,
    errors=_errors(12, 4, 7, 10, 10),
    doubles=65,
    budget=Budget(fhir=250, actions=75, par=120),
)

_EXTENDED = Variant(
    name="extended",
    tier="extended",
    mess="realistic",
    enrolled=240,
    screened=12,
    age_ranges=_HARD_AGES,
    windows=(14, 18, 21, 24),
    comorbidity_thresholds=(3, 4),
    escalate=4,
    errors=_errors(4, 2, 3, 4, 3),
    extended=tuple(
        ErrorMean(type=type_, kind=kind, mean=4) for type_, kind in CORRECTIVE_ACTIONS if type_ not in FINDING_TYPES
    ),
    finding_types=EXTENDED_TYPES,
    budget=Budget(fhir=300, actions=110, par=150),
)

VARIANTS: dict[str, Variant] = {
    v.name: v
    for v in (
        Variant(
            name="tiny",
            tier="tiny",
            enrolled=40,
            screened=4,
            age_ranges=_HARD_AGES,
            windows=(14, 18, 21, 24),
            comorbidity_thresholds=(3, 4),
            escalate=2,
            errors=_errors(1, 1, 1, 1, 1),
            one_more=500,
            budget=Budget(fhir=40, actions=12, par=20),
        ),
        Variant(
            name="easy",
            tier="easy",
            enrolled=300,
            screened=0,
            age_ranges=((35, 75), (40, 80), (45, 85)),
            windows=(21, 24, 28),
            escalate=2,
            errors=_errors(6, 2, 0, 0, 0),
            noise=False,
            budget=Budget(fhir=100, actions=25, par=60),
        ),
        Variant(
            name="medium",
            tier="medium",
            mess="realistic",
            enrolled=480,
            screened=24,
            age_ranges=((18, 75), (21, 80), (30, 85), (40, 90)),
            windows=(18, 21, 24, 28),
            escalate=3,
            errors=_errors(8, 3, 5, 7, 0),
            doubles=60,
            budget=Budget(fhir=150, actions=50, par=90),
        ),
        _HARD,
        _HARD.model_copy(update={"name": "hard-clean", "mess": "clean"}),
        _HARD.model_copy(update={"name": "hard-heavy", "mess": "heavy"}),
        _EXTENDED,
    )
}
