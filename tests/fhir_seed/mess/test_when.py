"""Times written anew."""

import pytest

from fhir_seed.trial_audit.mess.when import at_site, has_time, in_utc, later


@pytest.mark.parametrize(
    ("written", "minutes", "found"),
    [
        ("2023-03-01T23:50:00-05:00", 15, "2023-03-02T00:05:00-05:00"),
        ("2023-03-01T00:05:00Z", -10, "2023-02-28T23:55:00Z"),
    ],
)
def test_later_keeps_the_offset(written: str, minutes: int, found: str) -> None:
    assert later(written, minutes) == found


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("2023-12-31T20:00:00-05:00", "2024-01-01T01:00:00Z"),
        ("2023-03-01T03:00:00+05:30", "2023-02-28T21:30:00Z"),
        ("2023-03-01T03:00:00+00:00", "2023-03-01T03:00:00Z"),
    ],
)
def test_utc_is_the_same_instant(written: str, found: str) -> None:
    assert in_utc(written) == found


@pytest.mark.parametrize(
    ("written", "day"),
    [("2023-03-02T03:00:00Z", "2023-03-01"), ("2023-03-01T03:00:00-05:00", "2023-03-01"), ("2023-03-02", "2023-03-02")],
)
def test_the_day_is_that_at_the_site(written: str, day: str) -> None:
    assert at_site(written, -300) == day


def test_a_day_has_no_time() -> None:
    assert (has_time("2023-03-01"), has_time("2023-03-01T03:00:00Z")) == (False, True)
