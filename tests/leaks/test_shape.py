"""Leak channel 4: counts, sizes, presence, styles, hours and places of a subject's rows do not predict its items.

The known exceptions: a missing birth date shows itself (flagging those is published, not bounded), and what the rules
demand is compared among those who meet it (see `populations`). `LEAK_SCALE=10` asks ten times as many worlds.
"""

from functools import cache

import numpy as np
import pytest

from ehr_sandbox.probes.auc import chance_error
from ehr_sandbox.probes.boosted import held_out_auc
from ehr_sandbox.probes.populations import KINDS, Population
from tests.leaks.best_feature import best_feature
from tests.leaks.plan_features import plan_features
from tests.leaks.populations import population
from tests.leaks.worlds import charted, plans

BOUND = 0.05
"""Of an AUC around one half; or three chance errors where the worlds that CI affords are too few for that."""
RARE = 0.005
"""A single feature beyond the bound is a leak unless chance gives as much at least this often, over all features."""
PLANS = {"tiny": 300, "medium": 60, "hard": 60}
CHARTS = {"tiny": 40, "medium": 4, "hard": 3}
CASES = [(v, k) for v in PLANS for k in KINDS if not (v == "medium" and k == "override")]


@cache
def planned(variant: str, kind: str) -> Population:
    worlds = plans(variant, PLANS[variant])
    return population(kind, worlds, [features_of_plan(variant, i) for i in range(len(worlds))])


@cache
def features_of_plan(variant: str, index: int) -> dict[str, dict[str, float]]:
    return plan_features(plans(variant, PLANS[variant])[index])


@cache
def written(variant: str, kind: str) -> Population:
    worlds = charted(variant, CHARTS[variant])
    return population(kind, [plan for plan, _ in worlds], [features for _, features in worlds])


def assert_no_feature_tells(asked: Population) -> None:
    found = best_feature(asked.names, asked.matrix, asked.labels, asked.worlds)
    print(found)  # noqa: T201 - shown by pytest -rP, for the published figures
    assert abs(found.auc - 0.5) < BOUND or found.chance > RARE, found


def assert_model_learns_nothing(asked: Population) -> None:
    error = chance_error(asked.labels, asked.worlds)
    found = held_out_auc(asked.matrix, asked.labels, asked.worlds)
    print(f"model {found:.3f}, chance error {error:.3f}, {int(asked.labels.sum())} items")  # noqa: T201
    assert abs(found - 0.5) < max(BOUND, 3 * error)


@pytest.mark.parametrize(("variant", "kind"), CASES)
def test_no_feature_of_a_plan_tells_an_item(variant: str, kind: str) -> None:
    assert_no_feature_tells(planned(variant, kind))


@pytest.mark.parametrize(("variant", "kind"), CASES)
def test_a_model_learns_nothing_from_plans(variant: str, kind: str) -> None:
    assert_model_learns_nothing(planned(variant, kind))


@pytest.mark.parametrize(("variant", "kind"), CASES)
def test_no_feature_of_a_chart_tells_an_item(variant: str, kind: str) -> None:
    assert_no_feature_tells(written(variant, kind))


@pytest.mark.parametrize(("variant", "kind"), CASES)
def test_a_model_learns_nothing_from_charts(variant: str, kind: str) -> None:
    assert_model_learns_nothing(written(variant, kind))


def test_the_probe_finds_a_leak_where_there_is_one() -> None:
    """One subject in three with an item has one more row: the single feature and the model both see it."""
    asked = planned("medium", "window")
    place = asked.names.index("doses completed")
    matrix = asked.matrix.copy()
    matrix[np.flatnonzero(asked.labels)[::3], place] += 1
    found = best_feature(asked.names, matrix, asked.labels, asked.worlds)
    assert (found.name, found.chance <= RARE, found.auc > 0.5 + BOUND) == ("doses completed", True, True)
    assert held_out_auc(matrix, asked.labels, asked.worlds) > 0.5 + BOUND
