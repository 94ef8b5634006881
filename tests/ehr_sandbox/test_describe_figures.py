"""The arithmetic and the reading behind the report, by examples."""

from typing import Any

import pytest

from ehr_sandbox.describe.figures import binned, marks, percent, quantile, survival
from ehr_sandbox.describe.markup import Html, tag
from ehr_sandbox.describe.missingness import element_names
from ehr_sandbox.describe.reading import (
    concept_code,
    day_of,
    happened,
    moment_of,
    plain,
    quantities,
    shown_when,
    value_text,
)
from ehr_sandbox.describe.svg import calendar_marks


@pytest.mark.parametrize(("q", "value"), [(0, 1), (0.25, 2), (0.5, 3), (0.9, 4.6), (1, 5)])
def test_quantiles_are_linear_between_values(q: float, value: float) -> None:
    assert quantile([1, 2, 3, 4, 5], q) == pytest.approx(value)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 10, [0, 2, 4, 6, 8, 10]), (3, 97, [0, 20, 40, 60, 80, 100]), (5, 5, [5, 5.2, 5.4, 5.6, 5.8, 6])],
)
def test_axis_marks_are_round_and_hold_the_values(low: float, high: float, ticks: list[float]) -> None:
    assert marks(low, high) == ticks


def test_the_last_bin_holds_its_upper_edge() -> None:
    assert binned([0, 0.5, 1, 2, 3, 9], [0, 1, 2, 3]) == [2, 1, 2]


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(1, 4, "25 %"), (1, 3000, "0.1 %"), (2999, 3000, ">99 %"), (3, 3, "100 %"), (0, 3, "0 %"), (0, 0, "-")],
)
def test_percent_never_rounds_to_all_or_nothing(part: int, whole: int, words: str) -> None:
    assert percent(part, whole) == words


def test_survival_is_kaplan_and_meiers() -> None:
    """The textbook's 6-MP arm begins: 3 deaths of 21 at 6 weeks, one of 17 at 7, one of 15 at 10."""
    weeks = [(6, True)] * 3 + [(6, False), (7, True), (9, False), (10, True), (10, False)] + [(20, False)] * 13
    assert [(t, round(s, 3)) for t, s in survival(weeks)] == [(0, 1.0), (6, 0.857), (7, 0.807), (10, 0.753)]


@pytest.mark.parametrize(
    ("text", "day"),
    [("2024-02-29", 738945), ("2024-02", 738917), ("2024", 738886), ("2023-02-29", None), ("soon", None), (7, None)],
)
def test_a_day_is_as_written_and_the_first_of_what_is_partial(text: object, day: int | None) -> None:
    assert day_of(text) == day


def test_a_moment_is_the_clock_as_written_whatever_its_offset() -> None:
    assert moment_of("2024-02-29T12:00:00-08:00") == moment_of("2024-02-29T12:00:00Z") == 738945.5


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2024-02-29T09:01:00-06:00", "2024-02-29 09:01 -06:00"),
        ("2024-02-29T09:01:30.5Z", "2024-02-29 09:01:30.5 Z"),
        ("2024-02", "2024-02"),
        (None, None),
    ],
)
def test_an_instant_is_shown_as_written(text: str | None, shown: str | None) -> None:
    assert shown_when(text) == shown


def test_a_standard_code_names_a_concept_wherever_it_stands() -> None:
    coding = [{"system": "http://site.example", "code": "HGB"}, {"system": "http://loinc.org", "code": "718-7"}]
    assert concept_code({"coding": coding}) == ("http://loinc.org", "718-7")
    assert concept_code({"coding": coding[:1]}) == ("http://site.example", "HGB")
    assert concept_code({"text": "hemoglobin"}) == ("", "hemoglobin")


def test_numbers_of_an_observation_are_its_value_and_its_components() -> None:
    panel = {
        "code": {"text": "panel"},
        "component": [{"code": {"text": "a"}, "valueQuantity": {"value": 1, "unit": "u"}}, {"code": {"text": "b"}}],
    }
    assert [*quantities(panel)] == [({"text": "a"}, 1.0, "u")]
    assert [*quantities({"code": {"text": "c"}, "valueInteger": 2})] == [({"text": "c"}, 2.0, "")]
    assert [*quantities({"valueQuantity": {"value": True}})] == []


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"valueQuantity": {"value": 3.20, "unit": "g/dL", "comparator": "<"}}, "<3.2 g/dL"),
        ({"valueCodeableConcept": {"coding": [{"display": "Stage IV"}]}}, "Stage IV"),
        ({"valueString": "clear"}, "clear"),
        ({"dataAbsentReason": {"coding": [{"code": "not-performed"}]}}, "absent: not-performed"),
        ({}, None),
    ],
)
def test_a_value_in_words(more: dict[str, Any], text: str | None) -> None:
    assert value_text(more) == text


@pytest.mark.parametrize(("number", "text"), [(7.0, "7"), (0.850, "0.85"), (12345.6, "12346"), (13.125, "13.12")])
def test_numbers_are_short(number: float, text: str) -> None:
    assert plain(number) == text


def test_elements_are_counted_by_name_with_choices_and_extensions_as_one() -> None:
    node = {
        "resourceType": "Patient",
        "id": "p",
        "meta": {},
        "deceasedBoolean": True,
        "_birthDate": {},
        "extension": [{"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"}],
    }
    assert element_names(node) == {"deceased[x]", "extension us-core-race"}


def test_a_rows_day_is_what_happened_not_when_it_was_written() -> None:
    assert (
        happened({"resourceType": "Observation", "effectiveDateTime": "2024-01-02", "issued": "2024-01-05"}) == 738887
    )


def test_the_calendar_is_marked_at_months_or_years() -> None:
    assert [words for _, words in calendar_marks(738886, 738886 + 120)] == [
        "Jan 2024",
        "Feb 2024",
        "Mar 2024",
        "Apr 2024",
    ]
    assert [words for _, words in calendar_marks(738886, 738886 + 4000)][:3] == ["2024", "2026", "2028"]


def test_only_markup_is_left_unescaped() -> None:
    assert tag("p", "a<b", tag("b", "c&d"), Html("<i>"), None, title='"x"', hidden=True, x=1.25, class_=None) == (
        '<p title="&quot;x&quot;" hidden x="1.2">a&lt;b<b>c&amp;d</b><i></p>'
    )
