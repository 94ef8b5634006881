"""The table of rates, and whether worlds keep to it."""

from collections import Counter
from functools import cache
from math import sqrt

import pytest

from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.mess import RATES, Mess, MessLog, guard_of
from fhir_seed.trial_audit.mess.rates import MILLION
from fhir_seed.trial_audit.render import draw_courses, people_resources
from tasks import PUBLIC_SALT, Address, entropy
from tasks.trial_audit import VARIANTS, VERSION, MessLevel

WORLDS = 20
ERRORS = 4
"""Sampling errors that a rate may be off: of 56 figures none in a thousand runs."""
FOUND_NOTHING = {
    "sig_text_only",
    "sig_conflict",
    "stale_note_fact",
    "copied_note",
    "date_only",
    "missing_race",
    "unit_slip",
}
"""Phenomena whose hits often find nothing to change: what another changed, a race never asked, a time that is a day."""
OF_A_SITE = {"time_zone", "site_units", "local_code"}
"""Drawn once for a site; their touches are what follows from it."""


def messed(variant: str, index: int, level: MessLevel) -> MessLog:
    """The log of a world's mess at any level."""
    words = entropy(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=index), VERSION)
    plan = plan_world(words, VARIANTS[variant])
    mess = Mess(words, level, plan.protocol, guard_of(plan.protocol.finding_types), plan.now)
    for rows in people_resources(plan, draw_courses(plan, words)):
        mess(rows)
    return mess.log()


@cache
def totals(level: MessLevel) -> dict[str, Counter[str]]:
    found = {name: Counter[str]() for name in RATES}
    for index in range(WORLDS):
        for name, tally in messed("tiny", index, level).tallies.items():
            found[name].update(units=tally.units, hits=tally.hits, touched=tally.touched)
    return found


@pytest.mark.parametrize("level", ["realistic", "heavy"])
@pytest.mark.parametrize("name", RATES)
def test_rates_of_twenty_worlds_are_those_of_the_table(name: str, level: MessLevel) -> None:
    counts, rate = totals(level)[name], RATES[name].at(level) / MILLION
    spread = 3 if name == "missing_ecog" else 1  # sites differ in their rate
    error = spread * sqrt(rate * (1 - rate) * counts["units"])
    assert abs(counts["hits"] - rate * counts["units"]) <= ERRORS * error + 1


@pytest.mark.parametrize("name", sorted(RATES.keys() - FOUND_NOTHING - OF_A_SITE))
def test_nearly_every_hit_changes_something(name: str) -> None:
    counts = totals("realistic")[name]
    assert counts["touched"] >= 0.85 * counts["hits"] - 1


def test_every_rate_is_published_with_its_source_and_heavy_is_more() -> None:
    for rate in RATES.values():
        assert 0 < rate.realistic < rate.heavy < MILLION
        assert rate.unit
        assert rate.published
        assert rate.source
        assert rate.at("clean") == 0
