"""The whole way from a task's address to its world and, apart from it, the truth."""

from dataclasses import dataclass

from fhir_r4 import Fault, Invalid, World
from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.plan import WorldPlan
from fhir_seed.trial_audit.render import render_world
from fhir_seed.validate import ShapeMemo
from tasks import Address, Truth, entropy
from tasks.trial_audit import VARIANTS, VERSION


@dataclass(frozen=True)
class Built:
    """plan: for tests and reports; like the truth, never given to an agent."""

    world: World
    truth: Truth
    plan: WorldPlan


def build(salt: str, address: Address, *, check: bool = False) -> Built:
    """Raises Invalid for an unknown variant; with check, Fault if the first resource of any shape is not valid R4."""
    variant = VARIANTS.get(address.variant)
    if variant is None:
        raise Invalid(f"trial_audit has no variant {address.variant!r}; it has {', '.join(VARIANTS)}")
    words = entropy(salt, address, VERSION)
    plan = plan_world(words, variant)
    world = render_world(plan, words)
    if check and (problems := ShapeMemo().problems_in(world)):
        raise Fault(f"{address} has {len(problems)} invalid shapes, the first: {problems[0]}")
    return Built(world, plan.truth, plan)
