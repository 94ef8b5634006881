"""What is outside by the error of one score is held against what the model finds in shuffled labels."""

import numpy as np
import pytest

from ehr_sandbox.probes.asked import asked_of_model, shuffled_error
from ehr_sandbox.probes.auc import Flags, Groups, Numbers, chance_error


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


def test_a_leak_is_outside_of_either_error() -> None:
    figure = asked_of_model("leak", *rows(1.5))
    assert figure.auc > 0.7
    assert not figure.holds
    assert figure.error >= chance_error(*rows(1.5)[1:])


def test_the_error_of_shuffled_labels_is_about_that_of_a_score() -> None:
    matrix, labels, worlds = rows(0.0)
    assert shuffled_error(matrix, labels, worlds) == pytest.approx(chance_error(labels, worlds), rel=0.6)
    assert shuffled_error(matrix, labels, worlds) == shuffled_error(matrix, labels, worlds)
