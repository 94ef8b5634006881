"""The whole way from a task's address to its world and, apart from it, the truth."""

from dataclasses import dataclass

from fhir_r4 import Invalid, World
from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.plan import WorldPlan
from fhir_seed.trial_audit.render import render_world
from tasks import Address, Truth, entropy
from tasks.trial_audit import VARIANTS, VERSION


@dataclass(frozen=True)
class Built:
    world: World
    truth: Truth
    plan: WorldPlan


def build(salt: str, address: Address) -> Built:
    """Raises Invalid for an unknown variant."""
    variant = VARIANTS.get(address.variant)
    if variant is None:
        raise Invalid(f"trial_audit has no variant {address.variant!r}; it has {', '.join(VARIANTS)}")
    words = entropy(salt, address, VERSION)
    plan = plan_world(words, variant)
    return Built(render_world(plan, words), plan.truth, plan)
