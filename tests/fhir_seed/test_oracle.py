"""The written clauses of sections 1, 3.1-3.4, 4 and 5, each as one minimal chart."""

import ast
from pathlib import Path

import pytest

import fhir_seed.trial_audit.oracle as oracle
from fhir_r4 import Invalid
from fhir_seed.trial_audit.oracle import recompute
from tasks import Truth
from tests.helpers.chart import PROTOCOL, Json, dose, fatal_event, merged, patient, subject, written

S = "ResearchSubject/s"


def truth_of(*resources: Json) -> Truth:
    return recompute(written(*resources), PROTOCOL)


def found(*resources: Json) -> list[tuple[str, str, str]]:
    return [(i.subject, i.type, i.kind) for i in truth_of(*resources).items]


def evidence(*resources: Json) -> tuple[tuple[str, ...], ...]:
    (item,) = truth_of(*resources).items
    return item.evidence


def test_a_clean_chart_has_no_items_and_every_type_as_a_key_of_the_counts() -> None:
    assert truth_of(patient(), subject(), dose()) == Truth(
        items=(),
        traps=(),
        persons={"Patient/p": S, S: S},
        counts={"invalid_age": 0, "temporal_inconsistency": 0, "protocol_window_violation": 0},
    )


@pytest.mark.parametrize(
    ("birth_date", "kind"),
    [
        ("2005-03-01", None),  # 18 on the day
        ("2005-03-02", "out_of_range"),
        ("1947-03-02", None),  # still 75
        ("1947-03-01", "out_of_range"),  # 76 on the day
        ("2023-03-01", "out_of_range"),  # born on the enrolment day: age 0
        ("2023-03-02", "impossible"),
        ("1912-03-02", "out_of_range"),  # 110
        ("1912-03-01", "impossible"),  # 111
        (None, "missing"),
        ("1970", None),
        ("1970-02", None),
        ("1930", "out_of_range"),
        ("1947-02", "out_of_range"),
        ("1947-04", None),
        ("2024", "impossible"),
        ("2004-02-29", None),
    ],
)
def test_age_at_enrolment(birth_date: str | None, kind: str | None) -> None:
    expected = [(S, "invalid_age", kind)] if kind else []
    assert found(patient(birthDate=birth_date), subject(), dose()) == expected


def test_the_birthday_decides_over_a_leap_day() -> None:
    leap = patient(birthDate="2004-02-29")
    assert found(leap, subject(start="2022-02-28"), dose(on="2022-03-05")) == [(S, "invalid_age", "out_of_range")]
    assert found(leap, subject(start="2022-03-01"), dose(on="2022-03-05")) == []


@pytest.mark.parametrize("birth_date", ["1947", "2005-03", "1947-03", "2023-03", "next year", "1970-13"])
def test_a_birth_date_without_one_verdict_is_refused(birth_date: str) -> None:
    with pytest.raises(Invalid, match=birth_date):
        found(patient(birthDate=birth_date), subject())


@pytest.mark.parametrize(
    ("birth_date", "expected", "action"),
    [
        ("2010-01-01", (("Patient/p", S),), "exclude_subject"),
        ("2023-05-01", (("Patient/p",),), "query_site"),
        ("1900-01-01", (("Patient/p",),), "query_site"),
        (None, (("Patient/p",),), "query_site"),
    ],
)
def test_evidence_and_action_of_an_invalid_age(
    birth_date: str | None, expected: tuple[tuple[str, ...], ...], action: str
) -> None:
    (item,) = truth_of(patient(birthDate=birth_date), subject()).items
    assert (item.evidence, item.corrective_action, item.weight) == (expected, action, 2)


@pytest.mark.parametrize(
    ("death", "start", "wrong"),
    [
        ("2023-03-09", "2023-03-10", True),
        ("2023-03-10", "2023-03-10", False),
        ("2023-03-13", "2023-03-10", False),
        ("2023-03-10T04:00:00Z", "2023-03-10", True),  # still the 9th, five hours behind
        ("2023-03-10T05:00:00Z", "2023-03-10", False),
        ("2023-03-10", "2023-03-11T04:30:00Z", False),  # the offset moves the instant, not the day at the site
        ("2023-03-09T23:59:59.5-05:00", "2023-03-10T00:00:00-05:00", True),
    ],
)
def test_death_must_not_come_before_treatment_start(death: str, start: str, wrong: bool) -> None:
    expected = [(S, "temporal_inconsistency", "death_before_treatment")] if wrong else []
    assert found(patient(deceasedDateTime=death), subject(), dose(on=start)) == expected


def test_the_site_of_the_surviving_patient_sets_the_offset() -> None:
    east = patient(managingOrganization={"reference": "Organization/east"}, deceasedDateTime="2023-03-09T19:00:00Z")
    assert found(east, subject(), dose(on="2023-03-10")) == []  # 00:30 on the 10th


@pytest.mark.parametrize(
    ("deceased", "event", "sources"),
    [
        ("2023-03-05", None, ["Patient/p"]),
        ("2023-03-05", "2023-03-05", ["AdverseEvent/a", "Patient/p"]),
        ("2023-03-06", "2023-03-05", ["AdverseEvent/a"]),
        ("2023-03-05", "2023-03-06", ["Patient/p"]),
        (None, "2023-03-05", ["AdverseEvent/a"]),
        ("2024-01-01", "2023-03-05", ["AdverseEvent/a"]),
    ],
)
def test_evidence_of_a_death_is_each_source_of_the_earliest_day(
    deceased: str | None, event: str | None, sources: list[str]
) -> None:
    events = [fatal_event(on=event)] if event else []
    chart = (patient(deceasedDateTime=deceased), subject(), dose(), *events)
    assert evidence(*chart) == tuple(tuple(sorted((s, "MedicationAdministration/m"))) for s in sources)


@pytest.mark.parametrize("event", [fatal_event(outcome="resolved"), fatal_event(on=None), fatal_event(of="other")])
def test_other_events_are_no_death(event: Json) -> None:
    assert found(patient(), patient("other"), subject(), dose(), event) == []


def test_deceased_boolean_gives_no_day_of_death() -> None:
    assert found(patient(deceasedBoolean=True), subject(), dose()) == []


def test_without_treatment_there_is_neither_inconsistency_nor_window() -> None:
    assert found(patient(deceasedDateTime="2023-03-05"), subject()) == []


@pytest.mark.parametrize(
    ("start", "late"), [("2023-03-22", False), ("2023-03-23", True), ("2023-03-01", False), ("2023-02-20", False)]
)
def test_the_window_is_inclusive(start: str, late: bool) -> None:
    expected = [(S, "protocol_window_violation", "window")] if late else []
    assert found(patient(), subject(), dose(on=start)) == expected


def test_enrolment_is_a_day_at_the_site_too() -> None:
    chart = (patient(), subject(start="2023-03-02T03:00:00Z"))  # the 1st, five hours behind
    assert found(*chart, dose(on="2023-03-22")) == []
    assert found(*chart, dose(on="2023-03-23")) == [(S, "protocol_window_violation", "window")]


@pytest.mark.parametrize(
    "status", ["entered-in-error", "not-done", "stopped", "on-hold", "in-progress", "unknown", "cancelled"]
)
def test_only_completed_administrations_count(status: str) -> None:
    assert found(patient(deceasedDateTime="2023-03-09"), subject(), dose("x", "2023-03-02", status=status)) == []
    late = (dose("x", "2023-03-02", status=status), dose(on="2023-03-30"))
    assert evidence(patient(), subject(), *late) == (("MedicationAdministration/m", S),)


@pytest.mark.parametrize(
    "other",
    [
        dose("x", "2023-03-02", drug="study-drug-b"),
        dose("x", "2023-03-02", medicationCodeableConcept=None),
        dose("x", on=None),
    ],
)
def test_only_dated_administrations_of_the_study_drug_count(other: Json) -> None:
    assert evidence(patient(), subject(), other, dose(on="2023-03-30")) == (("MedicationAdministration/m", S),)


def test_an_infusion_starts_with_its_period() -> None:
    infusion = dose(on=None, effectivePeriod={"start": "2023-03-30", "end": "2023-03-31"})
    assert found(patient(), subject(), infusion) == [(S, "protocol_window_violation", "window")]


def test_every_completed_row_of_the_first_day_is_an_alternative() -> None:
    rows = (dose("m2", "2023-03-30T20:00:00Z"), dose("m1", "2023-03-30"), dose("m0", "2023-03-31"))
    assert evidence(patient(), subject(), *rows) == (
        ("MedicationAdministration/m1", S),
        ("MedicationAdministration/m2", S),
    )


@pytest.mark.parametrize("failure", [{"assignedArm": None}, {"start": None}])
def test_no_rule_applies_to_a_screen_failure(failure: Json) -> None:
    truth = truth_of(patient(birthDate=None, managingOrganization=None), subject(**failure), dose(on="2024-01-01"))
    assert (truth.items, truth.persons) == ((), {"Patient/p": S, S: S})


def test_a_merged_duplicate_stands_for_the_survivor() -> None:
    duplicate = merged("d", into="p", birthDate=None, deceasedDateTime="2020-01-01", managingOrganization=None)
    truth = truth_of(patient(), duplicate, subject(), dose("m", "2023-03-30", of="d"))
    assert truth.persons == {"Patient/d": S, "Patient/p": S, S: S}
    assert [(i.subject, i.type) for i in truth.items] == [(S, "protocol_window_violation")]


def test_a_subject_of_a_duplicate_is_read_from_the_survivor() -> None:
    truth = truth_of(merged("d2", into="d"), merged("d", into="p"), patient(birthDate=None), subject(of="d2"))
    assert truth.persons == {f"Patient/{p}": S for p in ("d", "d2", "p")} | {S: S}
    assert truth.items[0].evidence == (("Patient/p",),)


def test_a_screened_person_who_enrols_later_is_one_subject() -> None:
    truth = truth_of(patient(birthDate=None), subject("a", assignedArm=None), subject())
    assert truth.persons == {"Patient/p": S, "ResearchSubject/a": S, S: S}
    assert truth.counts["invalid_age"] == 1


def test_a_patient_outside_the_trial_is_named_by_itself() -> None:
    assert truth_of(patient("x", link=[{"other": {"reference": "Patient/y"}, "type": "seealso"}])).persons == {
        "Patient/x": "Patient/x"
    }


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        ([merged("a", into="b"), merged("b", into="a")], "replaced-by"),
        ([merged("a", into="gone")], "replaced-by"),
        ([subject()], "not in the world"),
        ([patient(managingOrganization=None), subject()], "appendix"),
        ([patient(), subject(start="2023-03")], "calendar day"),
        ([patient(), subject(start="2023-03-01T10:00:00")], "offset"),
        ([patient(), subject(start="2023-03-01Tnoon")], "date and time"),
    ],
)
def test_a_chart_that_gives_no_verdict_is_refused(chart: list[Json], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        truth_of(*chart)


def test_a_subject_may_have_one_item_of_each_type_sorted() -> None:
    chart = (patient(birthDate=None, deceasedDateTime="2023-03-29"), subject(), dose(on="2023-03-30"))
    assert [type_ for _, type_, _ in found(*chart)] == [
        "invalid_age",
        "protocol_window_violation",
        "temporal_inconsistency",
    ]
    assert set(truth_of(*chart).counts.values()) == {1}


def _affected(number: int, site: str, **changes: object) -> list[Json]:
    id_ = f"{site}{number}"
    return [
        patient(id_, managingOrganization={"reference": f"Organization/{site}"}, **changes),
        subject(f"s-{id_}", of=id_),
        dose(f"m-{id_}", "2023-03-30", of=id_),
    ]


def test_a_site_is_escalated_by_subjects_with_important_deviations() -> None:
    two_subjects = [*_affected(1, "west", birthDate=None), *_affected(2, "west", deceasedDateTime="2023-03-05")]
    one_subject_twice = _affected(1, "east", birthDate=None, deceasedDateTime="2023-03-05")
    only_window = _affected(2, "east")
    truth = truth_of(*two_subjects, *one_subject_twice, *only_window)
    assert truth.escalate == ("Organization/west",)
    assert truth.counts["protocol_window_violation"] == 4


def test_the_order_of_the_resources_does_not_matter() -> None:
    chart = written(patient(birthDate=None), subject(), dose(on="2023-03-30"), fatal_event(), {"resourceType": "List"})
    assert recompute(chart, PROTOCOL) == recompute(reversed(chart), PROTOCOL)


def test_other_resources_are_not_read_and_escaped_text_is() -> None:
    other = [{"resourceType": "Basic", "id": "b", "note": "\u0007"}, {"resourceType": "List", "id": "l"}]
    escaped = [text.replace(b'"Patient"', b'"\\u0050atient"') for text in written(patient(birthDate=None))]
    assert len(recompute([*written(subject(), *other), *escaped], PROTOCOL).items) == 1


def test_the_oracle_shares_no_code_with_the_injector() -> None:
    allowed = ("fhir_seed.trial_audit.oracle", "fhir_seed.trial_audit.terms", "fhir_r4", "tasks", "tasks.trial_audit")
    for path in Path(str(oracle.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = [n for n in names if n.split(".")[0] in ("fhir_seed", "fhir_r4", "tasks", "graders", "env_api")]
            assert all(n in allowed or n.startswith("fhir_seed.trial_audit.oracle.") for n in ours), path
