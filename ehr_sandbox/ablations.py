"""What a reader with one blind spot may lose: its own items and traps, nothing else (`baselines.ABLATIONS`)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ehr_sandbox.results import RunResult
from tasks import Frozen
from tasks.trial_audit import Variant

BIRTH_DATES = frozenset({"missing", "out_of_range", "impossible"})
"""Kinds of items that rest on a birth date and the enrolment alone."""


class AblationSeen(Frozen):
    """One reader on one index. lost: items not found, by kind; false: wrong findings, by type."""

    reward: float | None
    lost: Mapping[str, int]
    false: Mapping[str, int]
    traps: Mapping[str, int]

    @classmethod
    def of(cls, result: RunResult) -> "AblationSeen":
        metrics: Mapping[str, Any] = result.metrics
        kinds, types = metrics.get("by_kind", {}), metrics.get("by_type", {})
        return cls(
            reward=result.reward,
            lost={name: row["items"] - row["found"] for name, row in kinds.items() if row["items"] > row["found"]},
            false={name: row["false"] for name, row in types.items() if row["false"]},
            traps={name: row["flagged"] for name, row in metrics.get("traps", {}).items() if row["flagged"]},
        )


@dataclass(frozen=True)
class BlindTo:
    """may_lose: kinds of items that the reader may miss; may_add: types that it may flag wrongly (None: any);
    costs: whether a variant holds what it is blind to, so that the reader must lose something over the indices."""

    says: str
    costs: Callable[[Variant], bool]
    may_lose: Callable[[str], bool] = lambda kind: False
    may_add: frozenset[str] | None = frozenset()


_OF_WEIGHT = frozenset({"weight", "dose"})


def _has(variant: Variant, type_: str) -> bool:
    return type_ in variant.finding_types


def _not_birth_dates(kind: str) -> bool:
    return kind not in BIRTH_DATES


BLIND_TO: Mapping[str, BlindTo] = {
    "does_not_stratify": BlindTo(
        "takes the crude mortality gap for the adjusted one", costs=lambda variant: variant.equity_clause
    ),
    "ignores_merges": BlindTo(
        "takes a merged duplicate for another person",
        costs=lambda variant: False,
        may_lose=lambda kind: True,
        may_add=None,
    ),
    "ignores_override": BlindTo(
        "overlooks the clause that voids the Stage IV extension",
        costs=lambda variant: any(row.kind == "override" for row in variant.errors),
        may_lose=lambda kind: kind == "override",
    ),
    "ignores_status": BlindTo(
        "counts administrations and Observations whatever their status",
        costs=lambda variant: variant.noise and any(row.kind == "window" for row in variant.errors),
        may_lose=_not_birth_dates,
        may_add=None,
    ),
    "ignores_units": BlindTo(
        "takes a weight in pounds for kilograms",
        costs=lambda variant: _has(variant, "unit_or_plausibility_error") and variant.noise,
        may_lose=lambda kind: kind in _OF_WEIGHT,
        may_add=frozenset({"unit_or_plausibility_error", "dose_modification_error"}),
    ),
    "reads_date_prefixes": BlindTo(
        "takes the date that an instant is written with, whatever the site's offset",
        costs=lambda variant: variant.noise and any(row.kind == "window" for row in variant.errors),
        may_lose=lambda kind: kind != "missing",
        may_add=None,
    ),
    "reads_event_deaths": BlindTo(
        "reads deaths in AdverseEvents only",
        costs=lambda variant: any(row.kind == "death_before_treatment" for row in variant.errors),
        may_lose=lambda kind: kind == "death_before_treatment",
    ),
    "reads_first_codings": BlindTo(
        "reads the first coding of a concept only",
        costs=lambda variant: variant.mess != "clean",
        may_lose=_not_birth_dates,
        may_add=None,
    ),
    "reads_no_notes": BlindTo(
        "reads no note",
        costs=lambda variant: _has(variant, "note_structured_mismatch"),
        may_lose=lambda kind: kind == "ecog",
    ),
    "reads_patient_deaths": BlindTo(
        "reads deaths in the Patient only",
        costs=lambda variant: any(row.kind == "death_before_treatment" for row in variant.errors),
        may_lose=lambda kind: kind == "death_before_treatment",
    ),
}


def index_problems(name: str, seen: AblationSeen) -> Iterable[str]:
    """What a reader lost on one index that its blind spot does not explain."""
    spot = BLIND_TO[name]
    for kind, number in seen.lost.items():
        if not spot.may_lose(kind.partition(".")[2]):
            yield f"{name} lost {number} of {kind}, which its blind spot does not touch"
    for type_, number in seen.false.items():
        if spot.may_add is not None and type_ not in spot.may_add:
            yield f"{name} made {number} wrong findings of {type_}, which its blind spot does not touch"


def variant_problems(name: str, variant: Variant, mean: float) -> Iterable[str]:
    """mean: its reward over the indices that were played."""
    if BLIND_TO[name].costs(variant) and mean >= 1.0:
        yield f"{name} loses nothing on {variant.name}: no index holds what it is blind to"
    if not BLIND_TO[name].costs(variant) and BLIND_TO[name].may_add == frozenset() and mean < 1.0:
        yield f"{name} loses {1 - mean:.4f} on {variant.name}, which does not hold what it is blind to"
