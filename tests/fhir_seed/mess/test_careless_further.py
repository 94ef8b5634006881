"""Section 8 as a careless reader of the mess sees it: each wrong finding of such a reader is a named trap."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from fhir_seed.trial_audit import Built, build, recompute
from fhir_seed.trial_audit.mess.careless_further import further_candidates, rows_read
from fhir_seed.trial_audit.mess.log import CLEAN, MessLog, Touch
from tasks import PUBLIC_SALT, Address

Resource = dict[str, Any]


@pytest.fixture(scope="module")
def done() -> Built:
    return build(PUBLIC_SALT, Address(suite="trial_audit", variant="extended", index=1))


def first_codings(value: Any) -> Any:
    """Of every concept the first coding alone."""
    if isinstance(value, dict):
        return {name: inner[:1] if name == "coding" else first_codings(inner) for name, inner in value.items()}
    return [first_codings(inner) for inner in value] if isinstance(value, list) else value


def date_prefixes(value: Any) -> Any:
    """Of every instant but `issued` the day that it is written with."""
    if isinstance(value, dict):
        return {name: inner if name == "issued" else date_prefixes(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [date_prefixes(inner) for inner in value]
    return value[:10] if isinstance(value, str) and value[10:11] == "T" and value[:2] == "20" else value


def twins_alone(done: Built) -> Callable[[Resource], Resource]:
    """Wrong twins count, and the rows that they are beside do not."""
    touches = done.mess.of("entered_in_error")
    status = {touch.before: "entered-in-error" for touch in touches} | {touch.reference: "final" for touch in touches}

    def read(row: Resource) -> Resource:
        return row | {"status": status.get(f"{row['resourceType']}/{row['id']}", row.get("status"))}

    return read


@pytest.mark.parametrize("reader", ["first_codings", "date_prefixes", "any_status"])
def test_each_wrong_finding_of_a_careless_reader_is_a_trap(done: Built, reader: str) -> None:
    read = {"first_codings": first_codings, "date_prefixes": date_prefixes, "any_status": twins_alone(done)}[reader]
    rows = (orjson.dumps(read(orjson.loads(row))) for row in done.world.resources)
    found = {(item.subject, item.type) for item in recompute(rows, done.plan.protocol).items}
    wrong = found - {(item.subject, item.type) for item in done.truth.items}
    assert wrong
    assert wrong <= {(trap.subject, trap.type) for trap in done.truth.traps}


def test_what_the_mess_did_not_touch_fools_nobody(done: Built) -> None:
    assert list(further_candidates(done.plan, done.truth, CLEAN, charts(done))) == []


def charts(done: Built) -> list[dict[str, list[bytes]]]:
    """Of the plan's subjects; without times in UTC, which the world has already."""
    people: dict[str, list[tuple[int, str, str, bytes]]] = {f"Patient/{s.patient_id}": [] for s in done.plan.subjects}
    for raw in done.world.resources:
        row = orjson.loads(raw)
        named = (row.get("subject") or row.get("patient") or {}).get("reference")
        if row["resourceType"] == "Observation" and named in people:
            people[named].append((0, row["id"], "Observation", raw.replace(b'Z"', b'-06:00"')))
    return [dict(rows_read(rows)) for rows in people.values()]


def test_a_hidden_hemoglobin_tempts_at_every_enrolled_subject_of_the_site(done: Built) -> None:
    site = done.plan.protocol.sites[0]
    log = MessLog("realistic", (Touch("local_code", site.organization, "718-7", "HGB"),), {}, {})
    subjects = {f"ResearchSubject/{s.subject_id}" for s in done.plan.subjects if s.enrolment and s.site == 0}
    found = {(t.subject, t.type, t.family) for t in further_candidates(done.plan, done.truth, log, with_patients(done))}
    assert found == {(subject, "eligibility_lab_expired", "local_code") for subject in subjects}


def with_patients(done: Built) -> list[dict[str, list[bytes]]]:
    patients = {raw[raw.index(b',"id":"') + 7 :][:12].decode(): raw for raw in done.world.resources if PATIENT in raw}
    return [
        {**chart, "Patient": [patients[subject.patient_id]]}
        for chart, subject in zip(charts(done), done.plan.subjects, strict=True)
    ]


PATIENT = b'"resourceType":"Patient"'
