"""Errors that leave the shape of a chart's rows as it was: only what a rule reads is another."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TypeVar

import pytest

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.extended import extend
from fhir_seed.trial_audit.extended.faults import KINDS
from fhir_seed.trial_audit.extended.ordinary_orders import taken_beside
from fhir_seed.trial_audit.extended.ordinary_values import NOT_FINAL
from fhir_seed.trial_audit.extended.records import Ordered, Person, Setting
from fhir_seed.trial_audit.render import draw_courses
from fhir_seed.trial_audit.render.facts import Result
from fhir_seed.trial_audit.render.ids import Ids
from fhir_seed.trial_audit.render.notes import treatment_text
from tasks import PUBLIC_SALT, Address, entropy
from tasks.trial_audit import VARIANTS, VERSION

Row = TypeVar("Row", Result, Ordered)
WORDS = entropy(PUBLIC_SALT, Address(suite="trial_audit", variant="extended", index=1), VERSION)


@cache
def enrolled() -> tuple[tuple[Person, ...], Setting]:
    plan = plan_world(WORDS, VARIANTS["extended"])
    extended = extend(plan, draw_courses(plan, WORDS), WORDS, VARIANTS["extended"])
    rules = plan.protocol.extended
    assert rules is not None
    stream = Stream(WORDS, "test")
    people = tuple(person for person in extended.people if person.enrolled)
    return people, Setting(extended.drawn.trial, rules, stream, Ids(stream))


def struck(type_: str) -> list[tuple[Person, Person]]:
    """Before and after, of all who fit."""
    people, setting = enrolled()
    fit = [person for person in people if KINDS[type_].fits(person, setting)]
    assert fit
    return [(person, KINDS[type_].strike(person, setting)[0]) for person in fit]


def _results(person: Person) -> list[Result]:
    return [row for cycle in person.course.cycles for row in cycle.results]


def _orders(person: Person) -> list[Ordered]:
    return list(person.extra.orders)


def _changed(rows: Callable[[Person], list[Row]], one: Person, other: Person) -> tuple[Row, Row]:
    (pair,) = [(old, new) for old, new in zip(rows(one), rows(other), strict=True) if old != new]
    return pair


def test_a_missed_result_differs_from_one_in_time_by_its_day_only() -> None:
    lab_days = enrolled()[1].rules.lab_days
    for before, after in struck("missed_safety_lab"):
        old, new = _changed(_results, before, after)
        assert old.visit is None
        assert new == replace(old, day=new.day, issued_day=old.issued_day + (new.day - old.day))
        assert new.day.weekday() == old.day.weekday()
        cycle = next(c for c in after.course.cycles if new in c.results)
        assert not 0 <= (cycle.day - new.day).days <= lab_days


def test_some_missed_results_have_a_row_beside_them_that_does_not_count() -> None:
    beside = []
    for before, after in struck("missed_safety_lab"):
        old, _ = _changed(_results, before, after)
        beside += [row for row in after.results(old.lab) if row.day == old.day and row.status in NOT_FINAL]
    assert beside


def test_a_procedure_before_consent_has_the_hour_of_an_ordinary_one() -> None:
    for before, after in struck("consent_after_procedure"):
        pairs = zip(before.extra.procedures, after.extra.procedures, strict=True)
        ((old, new),) = [(old, new) for old, new in pairs if old != new]
        assert new == replace(old, day=new.day)
        assert new.day < after.course.screening.day


def test_a_note_lists_a_duplicate_therapy_twice() -> None:
    """As many medicines as orders in use: nobody's note is shorter for it."""
    both = 0
    people, setting = enrolled()
    for _, after in struck("duplicate_therapy"):
        course = replace(after.course, further=taken_beside(after))
        site = setting.trial.sites[after.plan.site]
        for place, cycle in enumerate(course.cycles):
            text = treatment_text(Stream(WORDS, "note"), place, course, site, setting.trial)
            line = next(line for line in text.splitlines() if line.startswith("Medicines: "))
            said = line.removeprefix("Medicines: ").removesuffix(".").removesuffix(", unchanged")
            lasting = [
                row.what.group for row in course.prescriptions if row.stopped is None or cycle.day <= row.stopped
            ]
            beside = [
                row.what.group
                for row in course.further
                if row.first <= cycle.day and (row.last is None or cycle.day <= row.last)
            ]
            assert len(said.replace(" and ", ", ").split(", ")) == max(1, len(lasting) + len(beside))
            both += any(group in lasting for group in beside)
    assert both


def test_an_allergy_in_conflict_is_an_ordinary_one_and_another_order_is_to_it() -> None:
    for before, after in struck("allergy_conflict"):
        old, new = _changed(_orders, before, after)
        assert after.extra.allergies == before.extra.allergies
        assert new == replace(old, code=new.code, group=new.group, reason=new.reason)
        assert [allergy.group for allergy in after.extra.allergies if allergy.counts] == [new.group]


@pytest.mark.parametrize("type_", sorted({"missed_safety_lab", "allergy_conflict"}))
def test_more_people_fit_than_are_struck(type_: str) -> None:
    most = next(row.mean for row in VARIANTS["extended"].extended if row.type == type_) * 13 // 10
    assert len(struck(type_)) > most
