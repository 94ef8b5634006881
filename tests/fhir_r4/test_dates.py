import pytest

from fhir_r4 import DateRange, date_range, http_date, instant_text, valid_date

DAY = 86_400_000


@pytest.mark.parametrize(
    ("text", "milliseconds", "days"),
    [
        ("2020", 366 * DAY, 366),
        ("2020-02", 29 * DAY, 29),
        ("2020-12", 31 * DAY, 31),
        ("9999-12", 31 * DAY, 31),
        ("2020-02-29", DAY, 1),
        ("2020-02-29T10:00Z", 60_000, 1),
        ("2020-02-29T10:00:00Z", 1000, 1),
        ("2020-02-29T10:00:00.123Z", 1, 1),
        ("2020-02-29T10:00:00", 1000, 1),
    ],
)
def test_a_partial_date_covers_its_whole_unit(text: str, milliseconds: int, days: int) -> None:
    span = date_range(text)
    assert (span.high - span.low, span.high_day - span.low_day) == (milliseconds, days)


def test_the_day_is_the_one_written_and_the_instant_is_in_utc() -> None:
    span = date_range("2020-01-15T22:30:00-05:00")
    assert span.low == date_range("2020-01-16T03:30:00Z").low
    assert span.low_day == date_range("2020-01-15").low_day


def test_the_epoch_is_zero() -> None:
    assert date_range("1970-01-01") == DateRange(0, DAY, 719163, 719164)


@pytest.mark.parametrize(
    "text", ["", "20", "2020-13", "2020-02-30", "2020-1-1", "20200101", "2020-01-01 10:00:00", "x"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert not valid_date(text)
    with pytest.raises(ValueError, match=r".*"):
        date_range(text)


def test_instants_are_written_as_hapi_writes_them() -> None:
    assert instant_text("2026-03-02T14:00:00Z") == "2026-03-02T14:00:00.000+00:00"
    assert http_date("2026-03-02T15:00:00+01:00") == "Mon, 02 Mar 2026 14:00:00 GMT"
