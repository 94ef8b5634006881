"""Which units are struck."""

import pytest

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.mess.draw import Chooser, Draw
from fhir_seed.trial_audit.mess.rates import MILLION


@pytest.mark.parametrize("rate", [600, 3_000, 50_000, 300_000, 900_000])
def test_a_share_of_the_units_is_struck(rate: int) -> None:
    found = len(Chooser(Stream(b"", "x"), rate).hits(200_000))
    expected = 200_000 * rate / MILLION
    assert abs(found - expected) < 4 * (expected * (1 - rate / MILLION)) ** 0.5


def test_how_units_are_batched_does_not_matter() -> None:
    whole = Chooser(Stream(b"", "x"), 50_000).hits(1000)
    parts, chooser = [], Chooser(Stream(b"", "x"), 50_000)
    for start in range(0, 1000, 7):
        parts += [start + place for place in chooser.hits(min(7, 1000 - start))]
    assert parts == whole


@pytest.mark.parametrize(("rate", "struck"), [(0, []), (MILLION, [0, 1, 2])])
def test_none_and_all(rate: int, struck: list[int]) -> None:
    assert Chooser(Stream(b"", "x"), rate).hits(3) == struck


def test_streams_are_named_after_the_phenomenon() -> None:
    draw = Draw(b"seed", "date_only", 500_000)
    assert draw.among(range(40)) == Chooser(Stream(b"seed", "mess.date_only"), 500_000).hits(40)
    assert (draw.units, draw.hits) == (40, len(Draw(b"seed", "date_only", 500_000).among(range(40))))
