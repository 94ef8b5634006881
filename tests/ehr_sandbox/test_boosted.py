"""The boosted model sees what sets few rows apart, on whichever side of the many that are alike."""

import numpy as np
import pytest
from numpy.random import PCG64

from ehr_sandbox.probes.auc import Numbers
from ehr_sandbox.probes.boosted import held_out_auc

ROWS = 1500
WORLDS = np.arange(ROWS) // 50
LABELS = np.arange(ROWS) % 5 == 0


def noise(seed: int, below: int) -> Numbers:
    return (PCG64(seed).random_raw(ROWS) % below).astype(float)


def planted(value: float) -> Numbers:
    """128 for all but one in four of the positive rows and one in fifty of the others."""
    odd = np.where(LABELS, noise(1, 4) < 1, noise(2, 50) < 1)
    return np.where(odd, value, 128.0)


@pytest.mark.parametrize("value", [1.0, 127.0, 129.0, 254.0])
def test_few_rows_are_told_apart_from_the_many(value: float) -> None:
    assert held_out_auc(planted(value)[:, None], LABELS, WORLDS) > 0.58


@pytest.mark.parametrize("sign", [-1, 1], ids=["below", "above"])
def test_they_are_where_the_many_vary_by_world(sign: int) -> None:
    """As ranks do: what all have alike lies elsewhere in a world where more lack it."""
    column = planted(128.0 + sign * 100) + np.where(planted(0.0) == 128, WORLDS % 20, 0)
    assert held_out_auc(column[:, None], LABELS, WORLDS) > 0.58


def test_among_many_columns_too_and_noise_tells_nothing() -> None:
    columns = np.stack([noise(seed, 256) for seed in range(10, 60)], axis=1)
    assert abs(held_out_auc(columns, LABELS, WORLDS) - 0.5) < 0.06
    assert held_out_auc(np.column_stack([columns, planted(1.0)]), LABELS, WORLDS) > 0.55
