"""Leak channel 4 on hard: neither the verdict's kind nor the stage pattern shows in simple figures of the cohort.

Leaks here are exclusive ors (a pattern that is read off some count, paired with the shape that mortality shows), so
products of two figures are asked too. Cohorts whose verdict is `none` are left out: their margins settle it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

from ehr_sandbox.probes.auc import Flags, Numbers, chance_error, telling
from ehr_sandbox.probes.boosted import held_out_auc
from ehr_sandbox.probes.chart_features import Features, table
from ehr_sandbox.probes.cohort_features import cohort_features
from fhir_seed.stream import Stream
from fhir_seed.trial_audit.cohort import Cohort, draw_cohort
from fhir_seed.trial_audit.draw_protocol import draw_protocol
from fhir_seed.trial_audit.people import site_weights
from tasks import PUBLIC_SALT, Address, entropy
from tasks.trial_audit import VARIANTS, VERSION, EquityThresholds
from tests.leaks.best_feature import best_feature, with_products
from tests.leaks.cohort_features import record_features, within_stage_features
from tests.leaks.worlds import SCALE, plans

COHORTS = 400
BOUND = 0.05
"""Of the model; or three chance errors where the cohorts are too few for that."""
RARE = 0.005
"""How often chance must give as telling a feature, over all that are asked."""
TARGETS: Mapping[str, tuple[str, str]] = {"kind": ("kind", "selection_bias"), "pattern": ("pattern", "late")}


@cache
def cohorts() -> tuple[tuple[Cohort, EquityThresholds], ...]:
    """Of the bias and the confounded kind, as the public salt's first worlds have them."""
    found = []
    for index in range(COHORTS * SCALE):
        words = entropy(PUBLIC_SALT, Address(suite="trial_audit", variant="hard", index=index), VERSION)
        equity = draw_protocol(Stream(words, "protocol"), VARIANTS["hard"]).equity
        assert equity is not None
        drawn = draw_cohort(Stream(words, "cells"), equity, site_weights(Stream(words, "people")))
        if drawn.notes["kind"] != "none":
            found.append((drawn, equity))
    return tuple(found)


@cache
def figures() -> tuple[list[str], Numbers]:
    return varying([cohort_features(drawn.people, equity) for drawn, equity in cohorts()])


@cache
def records() -> tuple[list[str], Numbers]:
    return varying([record_features(plan) for plan in plans("hard", 60) if plan.notes["kind"] != "none"])


def varying(rows: list[Features]) -> tuple[list[str], Numbers]:
    names, matrix = table(rows)
    kept = np.flatnonzero(telling(matrix))
    return [names[j] for j in kept], matrix[:, kept]


def labels(target: str, notes: list[Mapping[str, str]]) -> Flags:
    name, value = TARGETS[target]
    return np.array([note[name] == value for note in notes])


def of_cohorts(target: str) -> Flags:
    return labels(target, [drawn.notes for drawn, _ in cohorts()])


def of_plans(target: str) -> Flags:
    return labels(target, [plan.notes for plan in plans("hard", 60) if plan.notes["kind"] != "none"])


@pytest.mark.parametrize("target", TARGETS)
def test_no_figure_alone_tells(target: str) -> None:
    found = best_feature(*figures(), of_cohorts(target))
    print(found)  # noqa: T201 - shown by pytest -rP, for the published figures
    assert found.chance > RARE, found


@pytest.mark.parametrize("target", TARGETS)
def test_no_two_figures_together_tell(target: str) -> None:
    found = best_feature(*with_products(*figures()), of_cohorts(target))
    print(found)  # noqa: T201
    assert found.chance > RARE, found


@pytest.mark.parametrize("target", TARGETS)
def test_a_model_learns_nothing(target: str) -> None:
    asked = of_cohorts(target)
    # one fold number per cohort, one group for all: an AUC over cohorts, not inside them
    found = held_out_auc(figures()[1], asked, np.zeros(len(asked)), fold=np.arange(len(asked)) % 3)
    print(f"model {found:.3f}, chance error {chance_error(asked):.3f}, {len(asked)} cohorts")  # noqa: T201
    assert abs(found - 0.5) < max(BOUND, 3 * chance_error(asked))


@pytest.mark.parametrize("target", TARGETS)
def test_no_count_of_the_planned_records_tells_nor_do_two(target: str) -> None:
    names, matrix = records()
    for asked in ((names, matrix), with_products(names, matrix)):
        found = best_feature(*asked, of_plans(target))
        print(found)  # noqa: T201
        assert found.chance > RARE, found


@pytest.mark.parametrize("target", TARGETS)
def test_inside_a_stage_the_groups_are_treated_alike(target: str) -> None:
    """Over all stages the delays of a group say how many of it are in stage IV: that is the answer's own table."""
    told = [plan for plan in plans("hard", 60) if plan.notes["kind"] != "none"]
    found = best_feature(*varying([within_stage_features(plan) for plan in told]), of_plans(target))
    print(found)  # noqa: T201
    assert found.chance > RARE, found


def decoys(drawn: Cohort) -> dict[str, Counter[tuple[object, ...]]]:
    shown = [p for p in drawn.people if p.arm == "control" and p.decoy_stage is not None]
    return {
        "stage and death": Counter((p.stage, p.dead) for p in shown),
        "shown stage and death": Counter((p.decoy_stage, p.dead) for p in shown),
        "side and death": Counter((p.group == drawn.notes["dominant"], p.dead) for p in shown),
    }


def test_rows_that_do_not_count_are_equally_many_in_both_patterns() -> None:
    """By true stage, shown stage, side and death: one row more in one of them would name the pattern."""
    seen = defaultdict(set)
    for drawn, _ in cohorts():
        for name, counts in decoys(drawn).items():
            seen[name].add(tuple(sorted(counts.items())))
    assert {name: len(counts) for name, counts in seen.items()} == dict.fromkeys(seen, 1)


def test_the_family_of_decoys_is_drawn_apart_from_kind_and_pattern() -> None:
    for target in TARGETS:
        family = np.array([drawn.notes["decoys"] == "after_enrolment" for drawn, _ in cohorts()])
        met = of_cohorts(target)
        assert abs(family[met].mean() - family[~met].mean()) < 4 * np.sqrt(1 / len(met))


def test_the_probe_finds_an_exclusive_or() -> None:
    """Two rows more in one pattern than in the other: no figure tells the kind, two together do."""
    names, matrix = figures()
    more = matrix.copy()
    more[:, names.index("control decoys of 1") if "control decoys of 1" in names else 0] = 44 + 2 * of_cohorts(
        "pattern"
    )
    found = best_feature(*with_products(names, more), of_cohorts("kind"))
    assert (found.chance <= RARE, abs(found.auc - 0.5) > 0.3) == (True, True)
