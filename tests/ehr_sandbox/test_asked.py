"""A boosted model's figure is held against chance as far as there are rows."""

import numpy as np
import pytest

from ehr_sandbox.probes.asked import asked_of_model
from ehr_sandbox.probes.auc import Flags, Groups, Numbers, chance_error
from ehr_sandbox.probes.figure import BOUND


def rows(leak: float) -> tuple[Numbers, Flags, Groups]:
    """60 worlds of 10 subjects, 2 of them with an item; leak: how far the first of 20 columns moves with it."""
    rng = np.random.Generator(np.random.PCG64(3))
    labels = np.tile(np.arange(10) < 2, 60)
    matrix = rng.normal(size=(600, 20))
    matrix[:, 0] += leak * labels
    return matrix, labels, np.repeat(np.arange(60), 10)


def test_a_model_that_learns_nothing_is_within_its_bound() -> None:
    figure = asked_of_model("noise", *rows(0.0))
    assert figure.holds
    assert (figure.count, figure.rows) == (120, 600)


def test_a_leak_is_outside() -> None:
    figure = asked_of_model("leak", *rows(1.5))
    assert figure.auc > 0.7
    assert not figure.holds


def test_the_bound_is_wider_only_where_rows_are_few() -> None:
    matrix, labels, worlds = rows(0.0)
    error = chance_error(labels, worlds)
    assert asked_of_model("few", matrix, labels, worlds).bound == pytest.approx(4 * error, abs=1e-3)
    twenty = [np.concatenate([part] * 20) for part in (matrix, labels)]
    assert asked_of_model("many", *twenty, np.arange(12_000) // 10).bound == BOUND
