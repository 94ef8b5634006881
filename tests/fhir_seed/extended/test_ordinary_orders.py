"""Orders beside the course's: they have a reason, go together, and what replaces one stops it."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import combinations

import pytest

from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.extended import extend
from fhir_seed.trial_audit.extended.records import Person
from fhir_seed.trial_audit.render import draw_courses
from fhir_seed.trial_audit.render.facts import Taken
from fhir_seed.trial_audit.render.medicines import MEDICINES, go_together
from tasks import PUBLIC_SALT, Address, entropy
from tasks.trial_audit import VARIANTS, VERSION

WORDS = entropy(PUBLIC_SALT, Address(suite="trial_audit", variant="extended", index=2), VERSION)


@cache
def people() -> tuple[tuple[Person, ...], frozenset[str]]:
    """All, and the subjects with two orders for one medicine."""
    plan = plan_world(WORDS, VARIANTS["extended"])
    extended = extend(plan, draw_courses(plan, WORDS), WORDS, VARIANTS["extended"])
    twice = {item.subject for item in extended.plan.truth.items if item.type == "duplicate_therapy"}
    return extended.people, frozenset(twice)


def _taken(person: Person) -> list[Taken]:
    """Whose use has no successor: the first of two orders of one treatment is left out."""
    screening = person.course.screening.day
    rows = [Taken(row.what, screening, row.stopped) for row in person.course.prescriptions if row.stopped is None]
    rows += [
        Taken(MEDICINES[o.code], o.day, o.end)
        for o in person.extra.orders
        if o.counts and not _is_followed(person, o.id)
    ]
    return rows


def _is_followed(person: Person, order: str) -> bool:
    first = next(row for row in person.extra.orders if row.id == order)
    return first.end is not None and any(
        row.group == first.group and row.day > first.day for row in person.extra.orders
    )


def _together() -> Iterator[tuple[Taken, Taken]]:
    everyone, twice = people()
    for person in everyone:
        if f"ResearchSubject/{person.plan.subject_id}" not in twice:
            for one, other in combinations(_taken(person), 2):
                if one.first <= (other.last or date.max) and other.first <= (one.last or date.max):
                    yield one, other


def test_nobody_takes_what_does_not_go_together_but_by_the_error() -> None:
    for one, other in _together():
        assert go_together(one.what, other.what), (one.what.words, other.what.words)


def test_a_medicine_that_was_switched_is_another_product_and_stops_the_old_one() -> None:
    found = [(person, row) for person in people()[0] for row in person.extra.orders if row.prior]
    later = []
    for person, row in found:
        old = next(one for one in person.course.prescriptions if one.id == row.prior)
        assert old.stopped is not None
        assert old.stopped >= row.day
        assert old.what is not MEDICINES[row.code]
        assert old.what.ingredient == MEDICINES[row.code].ingredient
        later.append(old.stopped > row.day)
    assert 0.2 < sum(later) / len(later) < 0.6


def test_what_has_a_creatinine_limit_is_stopped_when_the_kidneys_get_worse() -> None:
    later = [person for person in people()[0] if ("renal_dosing", "later") in person.looks]
    assert later
    for person in later:
        days = {cycle.day for cycle in person.course.cycles[1:]}
        assert any(row.stopped in days for row in person.course.prescriptions)


def test_each_order_has_a_reason_and_is_of_a_visit_of_its_day_or_reported() -> None:
    orders = [(person, row) for person in people()[0] for row in person.extra.orders]
    assert all(row.reason for _, row in orders)
    for person, row in orders:
        assert row.visit == person.visit_on(row.day)
    assert 0.25 < sum(row.visit is not None for _, row in orders) / len(orders) < 0.6


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("312961", "617310", False),  # two statins
        ("314076", "979492", False),  # lisinopril, losartan
        ("200033", "866427", False),  # two beta blockers
        ("243670", "855332", False),  # aspirin, warfarin
        ("308136", "312961", False),  # amlodipine, simvastatin
        ("310965", "855332", False),  # ibuprofen, warfarin
        ("314076", "308136", True),
        ("860975", "314076", True),
    ],
)
def test_medicines_that_go_together(one: str, other: str, together: bool) -> None:
    assert go_together(MEDICINES[one], MEDICINES[other]) is together
    assert go_together(MEDICINES[other], MEDICINES[one]) is together
