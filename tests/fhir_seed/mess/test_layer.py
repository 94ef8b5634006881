"""The layer as a whole: what it leaves alone, that it is the same every time, and that it says what it did."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import orjson
import pytest

from fhir_r4 import canonical
from fhir_seed.codes import unknown_codes
from fhir_seed.trial_audit import Built, build, recompute
from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.mess import CLEAN, RATES, Mess, Rate, guard_of
from fhir_seed.trial_audit.render import draw_courses, people_resources, render_world
from fhir_seed.validate import ShapeMemo, dangling_references
from tasks import PUBLIC_SALT, Address, entropy
from tasks.trial_audit import VARIANTS, VERSION

SOME = [("hard", 0), ("hard-heavy", 0), ("medium", 0), ("extended", 0)]
MORE = [
    *(("hard", i) for i in range(1, 6)),
    *(("hard-heavy", i) for i in range(1, 6)),
    *(("medium", i) for i in range(1, 10)),
    *(("extended", i) for i in range(1, 6)),
]
REMOVING = ("missing_death", "medication_discrepancy", "missing_problem")


@cache
def built(variant: str, index: int) -> Built:
    return build(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=index))


def assert_truth_is_the_oracles(done: Built) -> None:
    found = recompute(done.world.resources, done.plan.protocol)
    for field in ("items", "persons", "counts", "escalate", "cohort"):
        assert getattr(done.truth, field) == getattr(found, field), field
    wrong = {(item.subject, item.type) for item in done.truth.items}
    traps = [(trap.subject, trap.type) for trap in done.truth.traps]
    assert not wrong & set(traps)
    assert traps == sorted(traps)


@pytest.mark.parametrize(("variant", "index"), SOME)
def test_the_oracle_finds_the_same_truth_in_the_messy_world(variant: str, index: int) -> None:
    assert_truth_is_the_oracles(built(variant, index))


@pytest.mark.slow
@pytest.mark.parametrize(("variant", "index"), MORE)
def test_it_does_for_more_worlds(variant: str, index: int) -> None:
    assert_truth_is_the_oracles(build(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=index)))


@pytest.mark.parametrize("variant", ["tiny", "easy", "hard-clean"])
def test_a_clean_world_is_the_rendered_one(variant: str) -> None:
    words = entropy(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=0), VERSION)
    plan = plan_world(words, VARIANTS[variant])
    done = built(variant, 0)
    assert done.world.digest == render_world(plan, words).digest
    assert (done.mess, done.truth) == (CLEAN, plan.truth)


def test_phenomena_that_rules_leave_no_room_have_no_units_and_are_named_on_the_page() -> None:
    idle = {name for name, tally in built("extended", 0).mess.tallies.items() if not tally.units}
    page = (Path(__file__).parents[3] / "docs" / "tasks" / "trial_audit-mess.md").read_text()
    named = page.partition("### What `extended` cannot have")[2].partition("in its tally")[0]
    assert idle == {name for name in RATES if f"`{name}`" in named}
    assert all(tally.units for tally in built("hard", 0).mess.tallies.values())


def test_the_levels_of_hard_differ_in_nothing_else() -> None:
    hard = VARIANTS["hard"]
    for name, level in (("hard-clean", "clean"), ("hard-heavy", "heavy")):
        assert VARIANTS[name] == hard.model_copy(update={"name": name, "mess": level})
    assert {name: variant.mess for name, variant in VARIANTS.items() if name in ("tiny", "easy", "medium", "hard")} == {
        "tiny": "clean",
        "easy": "clean",
        "medium": "realistic",
        "hard": "realistic",
    }


def test_the_same_seed_gives_the_same_mess() -> None:
    again = build(PUBLIC_SALT, Address(suite="trial_audit", variant="medium", index=0))
    assert (again.world.digest, again.mess) == (built("medium", 0).world.digest, built("medium", 0).mess)


@pytest.mark.parametrize(("variant", "index"), SOME[1:3])
def test_a_messy_world_is_valid_coded_from_the_table_and_its_references_resolve(variant: str, index: int) -> None:
    world = built(variant, index).world
    assert dangling_references(world) == []
    assert ShapeMemo().problems_in(world) == []
    assert all(canonical(blob) == blob for blob in world.resources[::50])
    assert {code for blob in world.resources for code in unknown_codes(orjson.loads(blob))} == set()


def test_ids_of_added_rows_are_nobody_elses() -> None:
    ids = [(row["resourceType"], row["id"]) for row in map(orjson.loads, built("hard-heavy", 0).world.resources)]
    assert len(set(ids)) == len(ids)


def test_the_log_names_what_is_there_and_counts_it() -> None:
    done = built("medium", 0)
    there = {f"{r['resourceType']}/{r['id']}" for r in map(orjson.loads, done.world.resources)}
    gone = {touch.reference for name in REMOVING for touch in done.mess.of(name)}
    assert {touch.reference for touch in done.mess.touches} - there <= gone
    assert Counter(touch.phenomenon for touch in done.mess.touches) == Counter(
        {name: tally.touched for name, tally in done.mess.tallies.items()}
    )


def test_the_log_is_not_in_the_world() -> None:
    text = b"\n".join(built("medium", 0).world.resources)
    assert [name for name in RATES if name.encode() in text] == []


def test_aliases_name_the_persons_that_they_stand_for() -> None:
    done = built("medium", 0)
    for alias, person in done.mess.aliases.items():
        assert done.truth.persons[alias] == (alias if alias == person else done.truth.persons[person])
    assert done.mess.aliases.keys() <= done.truth.persons.keys()


def hits(rates: Mapping[str, Rate]) -> dict[str, int]:
    """How many units of tiny/0 each phenomenon strikes at these rates."""
    words = entropy(PUBLIC_SALT, Address(suite="trial_audit", variant="tiny", index=0), VERSION)
    plan = plan_world(words, VARIANTS["tiny"])
    mess = Mess(words, "heavy", plan.protocol, guard_of(plan.protocol.finding_types), plan.now, rates)
    for rows in people_resources(plan, draw_courses(plan, words)):
        mess(rows)
    return {name: tally.hits for name, tally in mess.log().tallies.items()}


@pytest.mark.parametrize("name", ["entered_in_error", "missing_value", "time_zone", "medication_discrepancy"])
def test_the_rate_of_one_phenomenon_does_not_move_what_another_strikes(name: str) -> None:
    usual = hits(dict(RATES))
    without = hits({**RATES, name: replace(RATES[name], heavy=0)})
    assert without == usual | {name: 0}
