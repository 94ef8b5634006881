"""Worlds that several leak tests look at, built once per run. LEAK_SCALE multiplies how many: 1 in CI, more by hand."""

import os
from functools import cache

from ehr_sandbox.probes.chart_features import Features, charts
from fhir_seed.trial_audit import build
from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.plan import WorldPlan
from tasks import PUBLIC_SALT, Address, entropy
from tasks.trial_audit import VARIANTS, VERSION

SCALE = int(os.environ.get("LEAK_SCALE", "1"))


def plans(variant: str, count: int) -> tuple[WorldPlan, ...]:
    return tuple(_plan(variant, index) for index in range(count * SCALE))


@cache
def _plan(variant: str, index: int) -> WorldPlan:
    address = Address(suite="trial_audit", variant=variant, index=index)
    return plan_world(entropy(PUBLIC_SALT, address, VERSION), VARIANTS[variant])


@cache
def charted(variant: str, count: int) -> tuple[tuple[WorldPlan, dict[str, Features]], ...]:
    """Plans with the features of the finished charts."""
    found = []
    for index in range(count * SCALE):
        done = build(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=index))
        found.append((done.plan, charts(done.world.resources)))
    return tuple(found)
