"""What a reader with one blind spot may lose and add: its own items, types and traps, nothing else
(`baselines.ABLATIONS`)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ehr_sandbox.results import RunResult
from tasks import Frozen, parse_address
from tasks.trial_audit import VARIANTS, Variant


class AblationSeen(Frozen):
    """One reader on one index. lost: items not found, by `type.kind`; false: wrong findings, by type; traps: flagged
    ones, by family; there: all of the world, by family; is_spent: no action was left, so that what is lost may be
    what there was no action for."""

    reward: float | None
    lost: Mapping[str, int]
    false: Mapping[str, int]
    traps: Mapping[str, int]
    there: Mapping[str, int] = {}
    is_spent: bool = False

    @classmethod
    def of(cls, result: RunResult) -> "AblationSeen":
        metrics: Mapping[str, Any] = result.metrics
        kinds, types, traps = (metrics.get(name, {}) for name in ("by_kind", "by_type", "traps"))
        variant = VARIANTS.get(parse_address(result.task).variant)
        return cls(
            reward=result.reward,
            lost={name: row["items"] - row["found"] for name, row in kinds.items() if row["items"] > row["found"]},
            false={name: row["false"] for name, row in types.items() if row["false"]},
            traps={name: row["flagged"] for name, row in traps.items() if row["flagged"]},
            there={name: row["of"] for name, row in traps.items()},
            is_spent=variant is not None and result.actions >= variant.budget.actions,
        )


def _never(variant: Variant) -> bool:
    return False


@dataclass(frozen=True)
class BlindTo:
    """costs: whether a variant holds what it is blind to, so that the reader must lose something over the indices.
    may_cost: whether some index of it may; any other variant it reads perfectly. may_lose: items that it may miss, as
    `type.kind`; may_add: types that it may flag wrongly; falls_for: families of traps of which it flags some on every
    index that has any."""

    says: str
    costs: Callable[[Variant], bool]
    may_cost: Callable[[Variant], bool] = _never
    may_lose: frozenset[str] = frozenset()
    may_add: frozenset[str] = frozenset()
    falls_for: frozenset[str] = frozenset()


def _asks(*types: str) -> Callable[[Variant], bool]:
    return lambda variant: not {*types}.isdisjoint(variant.finding_types)


def _plans(kind: str) -> Callable[[Variant], bool]:
    return lambda variant: any(row.kind == kind for row in variant.errors)


def _has_noise(variant: Variant) -> bool:
    return variant.noise


def _is_large(variant: Variant) -> bool:
    """Medium, hard and extended: every index has each look-alike of section 3, and merged patients."""
    return variant.noise and variant.enrolled >= 100


_WINDOW = "protocol_window_violation"
_WINDOWS = frozenset({f"{_WINDOW}.window", f"{_WINDOW}.override"})
_AGES = frozenset({"invalid_age.missing", "invalid_age.out_of_range", "invalid_age.impossible"})
_DEATHS = frozenset({"temporal_inconsistency.death_before_treatment"})
_ON_RESULTS = frozenset(
    {
        "eligibility_lab_expired.hemoglobin",
        "missed_safety_lab.result",
        "dose_modification_error.dose",
        "renal_dosing.order",
    }
)
"""Items of section 8 that rest on laboratory results."""
_ON_VALUES = _ON_RESULTS | {"note_structured_mismatch.ecog", "unit_or_plausibility_error.weight"}
"""And on any result of Appendix C."""
_ON_DAYS = _ON_RESULTS | {
    "consent_after_procedure.procedure",
    "prohibited_conmed.order",
    "sae_reporting_delay.event",
    "duplicate_therapy.orders",
    "allergy_conflict.order",
    "duplicate_subject.enrolled_twice",
}
"""Items of section 8 that rest on the day of something."""


def _types(items: Iterable[str]) -> frozenset[str]:
    return frozenset(item.partition(".")[0] for item in items)


BLIND_TO: Mapping[str, BlindTo] = {
    "does_not_stratify": BlindTo(
        "takes the crude mortality gap for the adjusted one", costs=lambda variant: variant.equity_clause
    ),
    "ignores_merges": BlindTo(
        "takes name, numbers and birth date of a merged duplicate for the subject's",
        costs=_is_large,
        may_cost=_has_noise,
        may_lose=_AGES | {"duplicate_subject.enrolled_twice"},
        may_add=_types(_AGES),
        falls_for=frozenset({"merged_duplicate", "merged_patient"}),
    ),
    "ignores_order_ends": BlindTo(
        "takes every order for one that is still in use",
        costs=_asks("prohibited_conmed", "duplicate_therapy"),
        may_add=frozenset({"prohibited_conmed", "duplicate_therapy"}),
        falls_for=frozenset({"washed_out", "short_overlap"}),
    ),
    "ignores_override": BlindTo(
        "overlooks the clause that voids the Stage IV extension",
        costs=_plans("override"),
        may_lose=frozenset({f"{_WINDOW}.override"}),
    ),
    "ignores_status": BlindTo(
        "counts administrations and Observations whatever their status",
        costs=_is_large,
        may_cost=_has_noise,
        may_lose=_WINDOWS | _DEATHS | _ON_VALUES | {"prohibited_conmed.order"},
        may_add=_types(_ON_VALUES) - {"eligibility_lab_expired"} | {_WINDOW, "prohibited_conmed"},
        falls_for=frozenset({"not_given"}),
    ),
    "ignores_units": BlindTo(
        "takes a weight in pounds for kilograms",
        costs=_asks("unit_or_plausibility_error"),
        may_lose=frozenset({"unit_or_plausibility_error.weight"}),
        may_add=frozenset({"unit_or_plausibility_error"}),
        falls_for=frozenset({"pounds"}),
    ),
    "reads_date_prefixes": BlindTo(
        "takes the date that an instant is written with, whatever the site's offset",
        costs=_is_large,
        may_cost=_has_noise,
        may_lose=_AGES - {"invalid_age.missing"} | _DEATHS | _WINDOWS | _ON_DAYS,
        may_add=_types(_AGES | _DEATHS | _WINDOWS | _ON_DAYS),
        falls_for=frozenset({"offset_across_midnight"}),
    ),
    "reads_event_deaths": BlindTo(
        "reads deaths in AdverseEvents only", costs=_plans("death_before_treatment"), may_lose=_DEATHS
    ),
    "reads_first_codings": BlindTo(
        "reads the first coding of a concept only",
        costs=lambda variant: variant.mess != "clean",
        may_lose=_WINDOWS | _ON_VALUES,
        may_add=_types(_ON_VALUES) | {_WINDOW},
        falls_for=frozenset({"local_code"}),
    ),
    "reads_issued_dates": BlindTo(
        "takes the day on which a laboratory result was reported for that of its collection",
        costs=_asks("missed_safety_lab"),
        may_lose=_ON_RESULTS,
        may_add=_types(_ON_RESULTS),
        falls_for=frozenset({"issued_late"}),
    ),
    "reads_no_notes": BlindTo(
        "reads no note",
        costs=_asks("note_structured_mismatch"),
        may_lose=frozenset({"note_structured_mismatch.ecog"}),
    ),
    "reads_patient_deaths": BlindTo(
        "reads deaths in the Patient only", costs=_plans("death_before_treatment"), may_lose=_DEATHS
    ),
}


def index_problems(name: str, seen: AblationSeen) -> Iterable[str]:
    """What a reader lost or flagged on one index that its blind spot does not explain, and what it should have flagged
    if it were really blind."""
    spot = BLIND_TO[name]
    for kind, number in seen.lost.items():
        if kind not in spot.may_lose and not seen.is_spent:
            yield f"{name} lost {number} of {kind}, which its blind spot does not touch"
    for type_, number in seen.false.items():
        if type_ not in spot.may_add:
            yield f"{name} made {number} wrong findings of {type_}, which its blind spot does not touch"
    there = sum(seen.there.get(family, 0) for family in spot.falls_for)
    if there and not seen.is_spent and seen.traps.keys().isdisjoint(spot.falls_for):
        yield f"{name} flagged none of {there} traps ({', '.join(sorted(spot.falls_for))}) that it is blind to"


def variant_problems(name: str, variant: Variant, mean: float) -> Iterable[str]:
    """mean: its reward over the indices that were played."""
    spot = BLIND_TO[name]
    if spot.costs(variant):
        if mean >= 1.0:
            yield f"{name} loses nothing on {variant.name}: no index holds what it is blind to"
    elif not spot.may_cost(variant) and mean < 1.0:
        yield f"{name} loses {1 - mean:.4f} on {variant.name}, which does not hold what it is blind to"
