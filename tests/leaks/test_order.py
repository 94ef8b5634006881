"""Leak channel 2: resources are written by (tier, id); ids and identifiers are random; faults ignore arm and site."""

from functools import cache

import numpy as np
import orjson
import pytest

from ehr_sandbox.probes.auc import Groups, auc, chance_error
from ehr_sandbox.probes.chart_features import place
from fhir_r4 import TIERS
from fhir_seed.trial_audit import build
from fhir_seed.trial_audit.plan import SubjectPlan, WorldPlan
from tasks import PUBLIC_SALT, Address
from tests.leaks.populations import enrolled, items_of
from tests.leaks.worlds import plans

BOUND = 0.06
"""Of a rank AUC around one half, over some 1,000 (tiny) or 480 (medium) items: over three chance errors."""
WORLDS = {"tiny": 200, "medium": 20}


@pytest.mark.parametrize("variant", ["tiny", "medium", "hard"])
def test_resources_are_written_by_tier_and_id(variant: str) -> None:
    world = build(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=3)).world
    rows = [(TIERS[row["resourceType"]], row["id"]) for row in map(orjson.loads, world.resources)]
    assert rows == sorted(rows)
    assert len({identity for _, identity in rows}) == len(rows)


def test_every_id_is_of_one_form_and_evenly_spread() -> None:
    world = build(PUBLIC_SALT, Address(suite="trial_audit", variant="medium", index=0)).world
    ids = [row["id"] for row in map(orjson.loads, world.resources)]
    assert {len(identity) for identity in ids} == {12}
    first = np.bincount([ord(identity[0]) - ord("a") for identity in ids], minlength=26)
    rest = np.bincount([ord(c) for identity in ids for c in identity[1:]], minlength=128)
    for counts in (first[first > 0], rest[rest > 0]):
        assert abs(counts - counts.mean()).max() < 5 * np.sqrt(counts.mean())


@cache
def subjects(variant: str) -> tuple[list[tuple[WorldPlan, SubjectPlan]], Groups]:
    rows = [(plan, s) for plan in plans(variant, WORLDS[variant]) for s in enrolled(plan)]
    return rows, np.array([id(plan) for plan, _ in rows])


PLACES = {
    "patient id": lambda plan, s: place(s.patient_id),
    "subject id": lambda plan, s: place(s.subject_id),
    "administration id": lambda plan, s: place(s.administrations[0].id),
    "stage row id": lambda plan, s: place(s.stage_rows[0].id),
    "index row id": lambda plan, s: place(s.index_rows[0].id),
    "place in the plan": lambda plan, s: plan.subjects.index(s),
    "arm": lambda plan, s: s.arm == "control",
    "site": lambda plan, s: s.site,
    "site id": lambda plan, s: place(plan.protocol.sites[s.site].organization[-12:]),
    "site offset": lambda plan, s: plan.protocol.sites[s.site].offset_minutes,
    "site size": lambda plan, s: sum(other.site == s.site for other in plan.subjects),
}
LABELS = {
    "an item": lambda plan, s: s.subject_id in items_of(plan),
    "control arm": lambda plan, s: s.arm == "control",
    "dead": lambda plan, s: bool(s.deceased or s.fatal_event),
    "stage IV": lambda plan, s: s.stage == 4,
}


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("variant", WORLDS)
def test_places_tell_nothing(variant: str, name: str, label: str) -> None:
    if label == "control arm" and name == "arm":
        return
    rows, worlds = subjects(variant)
    labels = np.array([LABELS[label](plan, s) for plan, s in rows])
    found = auc(np.array([float(PLACES[name](plan, s)) for plan, s in rows]), labels, worlds)
    assert 3 * chance_error(labels, worlds) < BOUND
    assert abs(found - 0.5) < BOUND


@cache
def numbers(variant: str) -> list[tuple[float, float, bool, bool, int]]:
    """Medical record number, subject number, has an item, control arm, world."""
    found = []
    for index in range(60 if variant == "tiny" else 4):
        done = build(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=index))
        rows = {(r["resourceType"], r["id"]): r for r in map(orjson.loads, done.world.resources)}
        for s in enrolled(done.plan):
            mrn = rows["Patient", s.patient_id]["identifier"][0]["value"]
            number = rows["ResearchSubject", s.subject_id]["identifier"][0]["value"]
            found.append((float(mrn), float(number), s.subject_id in items_of(done.plan), s.arm == "control", index))
    return found


@pytest.mark.parametrize("variant", WORLDS)
def test_record_and_subject_numbers_tell_neither_item_nor_arm(variant: str) -> None:
    """Bound: four chance errors, for fewer worlds are written than planned."""
    rows = numbers(variant)
    worlds = np.array([row[4] for row in rows])
    for value in (0, 1):
        assert len({row[value] for row in rows}) > 0.99 * len(rows)
        for label in (2, 3):
            labels = np.array([bool(row[label]) for row in rows])
            found = auc(np.array([row[value] for row in rows]), labels, worlds)
            assert abs(found - 0.5) < 4 * chance_error(labels, worlds)
