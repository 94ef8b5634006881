"""Spans of days, and ages in whole years."""

from datetime import date, timedelta


def days(n: int) -> timedelta:
    return timedelta(days=n)


def age_on(born: date, day: date) -> int:
    """Whole years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
