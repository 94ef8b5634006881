"""Every chart could be one: all checks over some worlds, with EHR_SANDBOX_CONTRACT=whole over a hundred."""

from collections.abc import Callable

import pytest

from fhir_seed.trial_audit import build
from fhir_seed.trial_audit.plausibility import CHECKS, doubts
from tasks import PUBLIC_SALT, Address
from tests.fhir_seed.plausibility.clean import clean_world, wrong_on_purpose
from tests.helpers.whole import WHOLE

A_HUNDRED = {"tiny": 30, "easy": 20, "medium": 16, "hard": 10, "extended": 24}
WORLDS = A_HUNDRED if WHOLE else {"tiny": 6, "easy": 1, "medium": 1, "extended": 2}

DISTURBED = {
    "values are possible in a living adult",
    "units are those of the code",
    "body mass index is weight over height squared",
    "weight changes slowly",
    "neutrophils are some of the leukocytes",
    "encounters contain what was observed in them",
    "medicines have a problem or a support that explains them",
    "nobody takes two products of one group",
    "each dose has its visit, weight and blood",
    "doses follow the dosing rule",
    "nobody is given a dose that is to be held",
    "low counts after a dose are events, and events have low counts",
    "notes quote the chart",
}
"""What the mess makes doubtful on purpose: slips of units and values, rows missing, twice or late, stale text."""


@pytest.mark.parametrize(("variant", "count"), WORLDS.items())
def test_no_chart_is_doubtful(variant: str, count: int, tally: Callable[[str], None]) -> None:
    size = 0
    for index in range(count):
        plan, world = clean_world(variant, index)
        size += len(world)
        assert doubts(world, plan.now, known=wrong_on_purpose(plan)) == []
    tally(f"plausible: {count} worlds of trial_audit/{variant}, {size} resources, {len(CHECKS)} checks")


@pytest.mark.parametrize("variant", ["medium", "hard-heavy", "extended"] if WHOLE else ["medium"])
def test_mess_leaves_order_people_and_silence_as_they_were(variant: str) -> None:
    done = build(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=1))
    found = doubts(done.world.resources, done.world.now, known=wrong_on_purpose(done.plan))
    assert {doubt.check for doubt in found} <= DISTURBED
