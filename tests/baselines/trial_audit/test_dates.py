from datetime import date

import pytest

from baselines import Unreadable
from baselines.trial_audit.dates import completions, day_at, whole_years


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("2023-03-01", -300, date(2023, 3, 1)),
        ("2023-03-01T04:59:00Z", -300, date(2023, 2, 28)),
        ("2023-03-01T05:00:00Z", -300, date(2023, 3, 1)),
        ("2023-03-01T23:30:00-05:00", 60, date(2023, 3, 2)),
        ("2023-03-01T23:30:00.250+05:30", 330, date(2023, 3, 1)),
        ("2023-12-31T20:00:00-04:00", 0, date(2024, 1, 1)),
    ],
)
def test_an_instant_is_the_calendar_day_at_the_site(text: str, offset: int, expected: date) -> None:
    assert day_at(text, offset) == expected


@pytest.mark.parametrize("text", ["2023", "2023-03", "2023-02-30", "soon"])
def test_what_names_no_day_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable, match="names no calendar day"):
        day_at(text, 0)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1960-05-05", date(1960, 5, 5), date(1960, 5, 5)),
        ("1960-02", date(1960, 2, 1), date(1960, 2, 29)),
        ("1960-12", date(1960, 12, 1), date(1960, 12, 31)),
        ("1960", date(1960, 1, 1), date(1960, 12, 31)),
    ],
)
def test_a_partial_birth_date_spans_its_completions(text: str, first: date, last: date) -> None:
    assert completions(text) == (first, last)


@pytest.mark.parametrize("text", ["", "60", "1960-13", "1960-05-32"])
def test_a_birth_date_off_the_calendar_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        completions(text)


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        (date(1960, 5, 5), date(2023, 5, 4), 62),
        (date(1960, 5, 5), date(2023, 5, 5), 63),
        (date(1960, 2, 29), date(2023, 2, 28), 62),
        (date(1960, 2, 29), date(2023, 3, 1), 63),
        (date(2024, 1, 1), date(2023, 6, 1), -1),
    ],
)
def test_years_are_whole(born: date, day: date, years: int) -> None:
    assert whole_years(born, day) == years
