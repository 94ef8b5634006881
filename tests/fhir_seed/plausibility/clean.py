"""Worlds as rendered, before any mess, and the people whose chart is wrong on purpose."""

from functools import cache

from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.plan import WorldPlan
from fhir_seed.trial_audit.render import render_world
from tasks import PUBLIC_SALT, Address, entropy
from tasks.trial_audit import VARIANTS, VERSION


@cache
def planned(variant: str, index: int) -> tuple[WorldPlan, bytes]:
    words = entropy(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=index), VERSION)
    return plan_world(words, VARIANTS[variant]), words


def rows(variant: str, index: int) -> tuple[bytes, ...]:
    return render_world(*planned(variant, index)).resources


def wrongly_dead(plan: WorldPlan) -> list[str]:
    """Whose death is recorded before treatment by mistake."""
    patient = {f"ResearchSubject/{s.subject_id}": f"Patient/{s.patient_id}" for s in plan.subjects}
    return [patient[item.subject] for item in plan.truth.items if item.type == "temporal_inconsistency"]
