"""Named traps: a careless reading is fooled, a careful one is not."""

from collections import Counter
from datetime import date

import pytest

from fhir_seed.trial_audit import Built, build
from fhir_seed.trial_audit.mess.careless import careful, flags, is_age_flagged
from fhir_seed.trial_audit.mess.log import MessLog, Touch
from fhir_seed.trial_audit.mess.traps import mess_traps
from fhir_seed.trial_audit.plan import SubjectPlan
from tasks import PUBLIC_SALT, Address
from tasks.trial_audit import Protocol
from tests.helpers.chart import PROTOCOL

TYPES = {"temporal_inconsistency", "protocol_window_violation"}


@pytest.fixture(scope="module", params=["hard", "hard-heavy", "medium"])
def done(request: pytest.FixtureRequest) -> Built:
    return build(PUBLIC_SALT, Address(suite="trial_audit", variant=request.param, index=2))


def enrolled(done: Built) -> list[SubjectPlan]:
    return [subject for subject in done.plan.subjects if subject.enrolment]


def test_a_careful_reading_flags_the_items_and_nothing_else(done: Built) -> None:
    found = {(f"ResearchSubject/{s.subject_id}", t) for s in enrolled(done) for t in flags(careful(s), protocol(done))}
    assert found == {(item.subject, item.type) for item in done.truth.items if item.type in TYPES}


def protocol(done: Built) -> Protocol:
    return done.plan.protocol


def test_traps_are_of_persons_of_the_world_and_one_for_each_subject_and_type(done: Built) -> None:
    keys = Counter((trap.subject, trap.type) for trap in done.truth.traps)
    assert set(keys.values()) == {1}
    assert {subject for subject, _ in keys} <= set(done.truth.persons.values())
    assert not keys.keys() & {(item.subject, item.type) for item in done.truth.items}


def subject(done: Built, **wanted: object) -> SubjectPlan:
    """A subject without an item or trap that fits."""
    special = {item.subject for item in done.truth.items} | {trap.subject for trap in done.truth.traps}
    return next(
        s
        for s in enrolled(done)
        if f"ResearchSubject/{s.subject_id}" not in special and all(getattr(s, k) == v for k, v in wanted.items())
    )


def log(*touches: Touch, **aliases: str) -> MessLog:
    return MessLog("realistic", touches, {}, aliases)


def traps_of(done: Built, found: MessLog) -> set[tuple[str, str, str]]:
    return {(trap.subject, trap.type, trap.family) for trap in mess_traps(done.plan, done.plan.truth, found)}


def test_an_instant_whose_written_day_exceeds_the_window_is_a_trap(done: Built) -> None:
    one = subject(done)
    assert one.enrolment
    given = min((a for a in one.administrations if a.status == "completed"), key=lambda a: a.effective.day)
    written = date.fromordinal(one.enrolment.day.toordinal() + 60).isoformat()
    touches = [
        Touch("time_zone", f"MedicationAdministration/{a.id}", "", f"{written}T01:00:00Z") for a in one.administrations
    ]
    assert given
    assert traps_of(done, log(*touches)) == {
        (f"ResearchSubject/{one.subject_id}", "protocol_window_violation", "time_zone")
    }


def test_an_instant_that_keeps_its_verdict_is_none(done: Built) -> None:
    one = subject(done)
    given = min((a for a in one.administrations if a.status == "completed"), key=lambda a: a.effective.day)
    touch = Touch("time_zone", f"MedicationAdministration/{given.id}", "", f"{given.effective.day}T23:00:00Z")
    assert traps_of(done, log(touch)) == set()


@pytest.mark.parametrize(("birth_date", "is_trap"), [("", True), ("1890-01-01", True), ("1965-05-05", False)])
def test_a_merged_patient_with_a_wrong_birth_date_is_a_trap_of_the_subject(
    done: Built, birth_date: str, is_trap: bool
) -> None:
    one = subject(done)
    touch = Touch("merged_patient", "Patient/new", f"Patient/{one.patient_id}", birth_date)
    found = traps_of(done, MessLog("realistic", (touch,), {}, {"Patient/new": f"Patient/{one.patient_id}"}))
    named = (f"ResearchSubject/{one.subject_id}", "invalid_age", "merged_patient")
    assert found == ({named} if is_trap else set())


def test_an_unmerged_patient_without_birth_date_is_a_trap_of_its_own(done: Built) -> None:
    touch = Touch("duplicate_patient", "Patient/new", f"Patient/{subject(done).patient_id}", "")
    found = traps_of(done, MessLog("realistic", (touch,), {}, {"Patient/new": "Patient/new"}))
    assert found == {("Patient/new", "invalid_age", "duplicate_patient")}


def lawful_late(done: Built) -> list[SubjectPlan]:
    """Stage IV subjects who need the extension, and may use it."""
    wrong = {item.subject for item in done.truth.items if item.type == "protocol_window_violation"}
    return [
        s
        for s in enrolled(done)
        if s.enrolment
        and s.stage == 4
        and f"ResearchSubject/{s.subject_id}" not in wrong
        and (min(a.effective.day for a in s.administrations if a.status == "completed") - s.enrolment.day).days
        > protocol(done).window
    ]


def test_who_believes_a_stage_entered_in_error_flags_a_lawful_delay(done: Built) -> None:
    one = lawful_late(done)[0]
    touches = [
        Touch("entered_in_error", f"Observation/x{i}", f"Observation/{row.id}", "2")
        for i, row in enumerate(one.stage_rows)
    ]
    known = {(trap.subject, trap.type) for trap in done.plan.truth.traps}
    key = (f"ResearchSubject/{one.subject_id}", "protocol_window_violation")
    assert traps_of(done, log(*touches)) == ({(*key, "entered_in_error")} - {(*k, "entered_in_error") for k in known})


def test_who_reads_first_codings_flags_lawful_delays_of_the_sites_with_a_local_code(done: Built) -> None:
    sites = done.plan.protocol.sites
    touches = [Touch("local_code", site.organization, "399537006", "STAGE") for site in sites]
    known = {(trap.subject, trap.type) for trap in done.plan.truth.traps}
    late = {(f"ResearchSubject/{s.subject_id}", "protocol_window_violation") for s in lawful_late(done)}
    assert traps_of(done, log(*touches)) == {(*key, "local_code") for key in late - known}


def test_no_trap_replaces_one_of_the_plan(done: Built) -> None:
    assert set(done.plan.truth.traps) <= set(done.truth.traps)
    assert {trap.family for trap in set(done.truth.traps) - set(done.plan.truth.traps)} <= {
        "merged_patient",
        "duplicate_patient",
        "time_zone",
        "entered_in_error",
        "local_code",
    }


@pytest.mark.parametrize(
    ("birth_date", "flagged"),
    [(None, True), ("1970", False), ("1970-06", False), ("1900-06-01", True), ("2040-01-01", True), ("2004-12", False)],
)
def test_ages_of_a_second_patient(birth_date: str | None, flagged: bool) -> None:
    assert is_age_flagged(birth_date, date(2023, 3, 1), PROTOCOL) is flagged
