"""Worlds as rendered, before any mess, and the people whose chart is wrong on purpose."""

from collections.abc import Mapping
from functools import lru_cache

from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.extended import extend
from fhir_seed.trial_audit.plan import WorldPlan
from fhir_seed.trial_audit.render import draw_courses, render_world, shared_resources, world_of
from fhir_seed.trial_audit.render.written import canonical_row
from tasks import PUBLIC_SALT, Address, entropy
from tasks.trial_audit import VARIANTS, VERSION

_MADE_BY: Mapping[str, str] = {
    "values are possible in a living adult": "unit_or_plausibility_error",
    "weight changes slowly": "unit_or_plausibility_error",
    "notes quote the chart": "unit_or_plausibility_error",
    "the dead are not seen": "temporal_inconsistency",
    "events are heard of after they begin, serious ones within a day": "sae_reporting_delay",
    "nobody takes two products of one group": "duplicate_therapy",
    "each dose has its visit, weight and blood": "missed_safety_lab",
    "doses follow the dosing rule": "dose_modification_error",
}
"""By check: the type of the truth items that are doubtful to it. No look-alike is doubtful."""


@lru_cache(maxsize=2)
def clean_world(variant: str, index: int) -> tuple[WorldPlan, tuple[bytes, ...]]:
    """The plan, with the whole truth, and the resources."""
    words = entropy(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=index), VERSION)
    plan = plan_world(words, VARIANTS[variant])
    if not VARIANTS[variant].extended:
        return plan, render_world(plan, words).resources
    extended = extend(plan, draw_courses(plan, words), words, VARIANTS[variant])
    rows = [canonical_row(row) for row in shared_resources(extended.drawn)]
    for resources in extended.resources():
        rows += map(canonical_row, resources)
    return extended.plan, world_of(rows, plan.now).resources


def wrong_on_purpose(plan: WorldPlan) -> dict[str, list[str]]:
    """By check: the people (Patient) with an item that is doubtful to it."""
    patient = {f"ResearchSubject/{s.subject_id}": f"Patient/{s.patient_id}" for s in plan.subjects}
    return {
        check: [patient[item.subject] for item in plan.truth.items if item.type == type_]
        for check, type_ in _MADE_BY.items()
    }
