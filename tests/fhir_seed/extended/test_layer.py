"""Built worlds of `extended`: the injector and the oracle agree, look-alikes are lawful, and errors add no rows."""

from collections import Counter
from functools import cache
from math import sqrt
from statistics import mean, variance

import orjson
import pytest

from fhir_seed.trial_audit import Built, build, recompute
from tasks import PUBLIC_SALT, Address, Truth
from tasks.trial_audit import EXTENDED_TYPES, FINDING_TYPES, ICH, VARIANTS

FURTHER = EXTENDED_TYPES[len(FINDING_TYPES) :]
WORLDS = range(3)


@cache
def world(index: int) -> Built:
    return build(PUBLIC_SALT, Address(suite="trial_audit", variant="extended", index=index))


@cache
def derived(index: int) -> Truth:
    built = world(index)
    return recompute(built.world.resources, built.plan.protocol)


@pytest.mark.parametrize("index", WORLDS)
def test_the_oracle_finds_the_injected_items_with_their_evidence(index: int) -> None:
    built, again = world(index), derived(index)
    assert built.truth.items == again.items
    assert (built.truth.counts, built.truth.escalate) == (again.counts, again.escalate)


@pytest.mark.parametrize("type_", FURTHER)
def test_each_type_has_items_and_look_alikes_that_no_rule_flags(type_: str) -> None:
    means = {row.type: row.mean for row in VARIANTS["extended"].extended}
    found = {(item.subject, item.type) for index in WORLDS for item in derived(index).items}
    looks = {(trap.subject, trap.type) for index in WORLDS for trap in world(index).truth.traps if trap.type == type_}
    for index in WORLDS:
        assert 0.7 * means[type_] - 0.5 <= world(index).truth.counts[type_] <= 1.3 * means[type_] + 0.5
    assert looks
    assert not looks & found


def test_each_item_of_section_8_has_a_subject_of_its_own() -> None:
    for index in WORLDS:
        items = world(index).truth.items
        with_further = {item.subject for item in items if item.type in FURTHER}
        assert len(with_further) == sum(item.type in FURTHER for item in items)


def test_items_are_drawn_from_those_who_are_open_to_them() -> None:
    built = world(0)
    assert set(built.plan.open_to) == set(FURTHER)
    for item in built.truth.items:
        assert item.type in FINDING_TYPES or item.subject in built.plan.open_to[item.type]


def test_items_and_others_have_as_many_rows_of_each_kind() -> None:
    """Means of those with an item of section 8 and of those without any, over a few worlds."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    flags: dict[tuple[str, str], bool] = {}
    for index in WORLDS:
        built = world(index)
        types = {item.subject: item.type for item in built.truth.items}
        people = {name for names in built.plan.open_to.values() for name in names}
        flags |= {(str(index), name): types[name] in FURTHER if name in types else False for name in people}
        owners = {row: name for row, name in built.truth.persons.items() if name in people}
        for blob in built.world.resources:
            row = orjson.loads(blob)
            named = (row.get("subject") or row.get("patient") or {}).get("reference", "")
            if named in owners:
                rows.setdefault((str(index), owners[named]), Counter())[row["resourceType"]] += 1
    for kind in ("MedicationRequest", "Observation", "Procedure", "AllergyIntolerance", "Consent", "DocumentReference"):
        with_item, without = ([rows[who][kind] for who in rows if flags[who] is flag] for flag in (True, False))
        error = sqrt(variance(with_item) / len(with_item) + variance(without) / len(without))
        assert abs(mean(with_item) - mean(without)) < 0.04 * mean(without) + 3 * error, kind


def test_sites_are_escalated_by_important_deviations_of_all_types() -> None:
    for index in WORLDS:
        built = world(index)
        important = {item.subject for item in built.truth.items if ICH[item.type] == "important"}
        sites = Counter(
            built.plan.protocol.sites[s.site].organization
            for s in built.plan.subjects
            if f"ResearchSubject/{s.subject_id}" in important
        )
        assert built.truth.escalate == tuple(sorted(site for site, n in sites.items() if n >= 4))
        assert 0 < len(built.truth.escalate) < 15


def test_shorter_protocols_have_no_rows_of_section_8() -> None:
    built = build(PUBLIC_SALT, Address(suite="trial_audit", variant="tiny", index=0))
    assert not {"Procedure", "AllergyIntolerance"} & set(built.world.counts)
    assert built.plan.open_to == {}
    assert set(built.truth.counts) == set(FINDING_TYPES)
