"""Pairs: one person enrolled twice looks like one person, and look-alikes are two people to all who read the charts."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from typing import Any

import orjson
import pytest

from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.extended import Extended, extend
from fhir_seed.trial_audit.extended.records import Person
from fhir_seed.trial_audit.render import draw_courses, shared_resources, world_of
from fhir_seed.trial_audit.render.facts import Course
from fhir_seed.trial_audit.render.written import canonical_row
from tasks import PUBLIC_SALT, Address, entropy
from tasks.trial_audit import VARIANTS, VERSION

Json = dict[str, Any]
WORLDS = range(3)
ENOUGH = 25
"""Who could be enrolled a second time, at least, that four among them do not stand out."""


@cache
def extended(index: int) -> Extended:
    words, variant = _words(index), VARIANTS["extended"]
    plan = plan_world(words, variant)
    return extend(plan, draw_courses(plan, words), words, variant)


@cache
def drawn(index: int) -> dict[str, Course]:
    """Courses by ResearchSubject, before there were pairs."""
    plan = plan_world(_words(index), VARIANTS["extended"])
    courses = draw_courses(plan, _words(index)).courses
    return {f"ResearchSubject/{s.subject_id}": c for s, c in zip(plan.subjects, courses, strict=True)}


@cache
def rows(index: int) -> tuple[bytes, ...]:
    """Clean of mess."""
    made = extended(index)
    written = [canonical_row(row) for row in shared_resources(made.drawn)]
    for people in made.resources():
        written += map(canonical_row, people)
    return world_of(written, made.plan.now).resources


@cache
def patients(index: int) -> dict[str, Json]:
    """By id."""
    found = [orjson.loads(row) for row in rows(index) if b'"resourceType":"Patient"' in row]
    return {row["id"]: row for row in found}


def patient(index: int, person: Person) -> Json:
    return patients(index)[person.plan.patient_id]


def pairs() -> Iterator[tuple[int, Person, Person]]:
    """(index of the world, earlier, later) of each person enrolled twice."""
    for index in WORLDS:
        people = {f"ResearchSubject/{p.plan.subject_id}": p for p in extended(index).people}
        for item in extended(index).plan.truth.items:
            if item.type == "duplicate_subject":
                both = [people[name] for name in item.evidence[0] if name in people]
                later = people[item.subject]
                yield index, next(one for one in both if one is not later), later


def alike(family: str) -> Iterator[tuple[int, Json, Json]]:
    """Patients who are look-alikes of one another."""
    for index in WORLDS:
        named = [patient(index, p) for p in extended(index).people if ("duplicate_subject", family) in p.looks]
        found = [(one, other) for one, other in combinations(named, 2) if _family(one) == _family(other)]
        assert found
        yield from ((index, *pair) for pair in found)


def member(row: Json) -> str:
    return next(str(one["value"]) for one in row["identifier"] if one["system"].endswith("member"))


def given(row: Json) -> list[str]:
    return list(row["name"][0]["given"])


def _words(index: int) -> bytes:
    return entropy(PUBLIC_SALT, Address(suite="trial_audit", variant="extended", index=index), VERSION)


def _family(row: Json) -> str:
    return str(row["name"][0]["family"])


def _apart(one: Json, other: Json) -> timedelta:
    return abs(date.fromisoformat(one["birthDate"]) - date.fromisoformat(other["birthDate"]))


def _problems(person: Person) -> list[tuple[str, date]]:
    return [(problem.what.words, problem.onset) for problem in person.course.problems]


def test_one_person_has_one_body() -> None:
    for _, earlier, later in pairs():
        assert abs(earlier.course.vitals.height - later.course.vitals.height) <= 5
        last = earlier.course.cycles[-1].weight.weight
        assert later.course.vitals.weight == pytest.approx(last, rel=0.03)
        assert earlier.course.smoking == later.course.smoking


def test_one_person_has_one_history() -> None:
    for _, earlier, later in pairs():
        assert _problems(earlier) == _problems(later)
        assert earlier.course.cancer_onset == later.course.cancer_onset < earlier.course.screening.day
        assert [row.what for row in earlier.course.prescriptions] == [row.what for row in later.course.prescriptions]
        assert (earlier.plan.stage, earlier.plan.index) == (later.plan.stage, later.plan.index)


def test_allergies_known_before_are_in_both_charts() -> None:
    for _, earlier, later in pairs():
        known = [a for a in later.extra.allergies if a.recorded <= earlier.course.screening.day]
        assert [(a.code, a.recorded, a.counts) for a in earlier.extra.allergies] == [
            (a.code, a.recorded, a.counts) for a in known
        ]


def test_one_person_is_registered_alike_at_two_sites() -> None:
    for index, earlier, later in pairs():
        one, other = patient(index, earlier), patient(index, later)
        for element in ("birthDate", "gender", "extension", "communication"):
            assert one[element] == other[element]
        assert (_family(one), given(one)[0], member(one)) == (_family(other), given(other)[0], member(other))
        assert len({*given(one)[1:], *given(other)[1:]}) <= 1
        assert earlier.plan.site != later.plan.site


def test_the_treatment_is_over_before_the_second_screening() -> None:
    for _, earlier, later in pairs():
        given_on = [row.effective.day for row in earlier.plan.administrations]
        assert max(given_on) + timedelta(days=14) <= later.course.screening.day
        assert earlier.course.withdrew or len(earlier.course.cycles) == 6


def test_the_later_enrolment_is_as_it_was_drawn() -> None:
    for index, _, later in pairs():
        course = drawn(index)[f"ResearchSubject/{later.plan.subject_id}"]
        assert (later.course.vitals, later.course.smoking) == (course.vitals, course.smoking)
        assert (later.course.problems, later.course.cancer_onset) == (course.problems, course.cancer_onset)


@pytest.mark.parametrize("index", WORLDS)
def test_those_who_could_be_enrolled_again_are_many(index: int) -> None:
    assert len(extended(index).plan.open_to["duplicate_subject"]) >= ENOUGH


def test_twins_have_one_birth_origin_and_health_plan_but_two_names() -> None:
    for _, one, other in alike("twins"):
        assert (one["birthDate"], one["extension"][:-1], member(one)) == (
            other["birthDate"], other["extension"][:-1], member(other),
        )  # fmt: skip
        assert not set(given(one)) & set(given(other))


def test_a_family_has_one_health_plan() -> None:
    for _, one, other in alike("family"):
        assert member(one) == member(other)
        assert given(one)[0] != given(other)[0]
        assert _apart(one, other) >= timedelta(days=365)


def test_namesakes_are_of_one_sex_but_of_another_birth_date_and_health_plan() -> None:
    for _, one, other in alike("namesakes"):
        assert (one["gender"], given(one)[0]) == (other["gender"], given(other)[0])
        assert member(one) != member(other)
        assert _apart(one, other) >= timedelta(days=365)


@pytest.mark.parametrize("index", WORLDS)
def test_nobody_else_has_the_name_and_birth_date_of_another(index: int) -> None:
    """So that no one is a probable duplicate without being one."""
    met: dict[tuple[str, str, str], set[str]] = {}
    for row in patients(index).values():
        if row["active"] and "birthDate" in row:
            met.setdefault((_family(row), given(row)[0], row["birthDate"]), set()).add(f"Patient/{row['id']}")
    items = [i for i in extended(index).plan.truth.items if i.type == "duplicate_subject"]
    known = [{name for name in item.evidence[0] if name.startswith("Patient")} for item in items]
    assert sorted(map(sorted, (found for found in met.values() if len(found) > 1))) == sorted(map(sorted, known))
