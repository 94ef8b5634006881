"""Section 8 as the oracle applies it: each clause, its bounds and its look-alikes on one small chart."""

import pytest

from fhir_seed.trial_audit.oracle import recompute
from tasks import TruthItem
from tasks.trial_audit import CORRECTIVE_ACTIONS, EXTENDED_TYPES, TYPE_WEIGHTS
from tests.helpers.chart import PROTOCOL, Json, patient, written
from tests.helpers.further import EXTENDED, IBUPROFEN, NEUTROPHILS, chart, event, given, order, result, safe
from tests.helpers.further_cases import CASES, IDS


def items(rows: list[Json], type_: str) -> list[TruthItem]:
    return [item for item in recompute(written(*rows), EXTENDED).items if item.type == type_]


@pytest.mark.parametrize(("type_", "name", "rows", "evidence"), CASES, ids=IDS)
def test_a_clause_gives_one_verdict(type_: str, name: str, rows: list[Json], evidence: tuple[str, ...] | None) -> None:
    found = items(rows, type_)
    assert [item.evidence[0] for item in found] == ([evidence] if evidence else [])
    for item in found:
        assert (item.weight, item.corrective_action) == (TYPE_WEIGHTS[type_], CORRECTIVE_ACTIONS[type_, item.kind])


def test_every_clause_has_an_error_and_look_alikes() -> None:
    for type_ in EXTENDED_TYPES[3:]:
        verdicts = [evidence is not None for name, _, _, evidence in CASES if name == type_]
        assert any(verdicts), type_
        assert verdicts.count(False) >= 1, type_


def test_a_lawful_chart_has_no_item_and_every_type_is_counted() -> None:
    truth = recompute(written(*chart()), EXTENDED)
    assert (truth.items, set(truth.counts)) == ((), set(EXTENDED_TYPES))


def test_a_screen_failure_has_no_item_and_a_shorter_protocol_has_no_section_8() -> None:
    rows = chart(labs=False)
    assert len(recompute(written(*rows), EXTENDED).items) == 1
    assert recompute(written(*rows), PROTOCOL).items == ()
    failed = [row | {"assignedArm": ""} if row["resourceType"] == "ResearchSubject" else row for row in rows]
    assert recompute(written(*failed), EXTENDED).items == ()


def test_any_reason_shows_a_lowered_dose() -> None:
    low = result("1", NEUTROPHILS, 0.6, "2023-03-31", issued="2023-03-31T20:00:00Z")
    (item,) = items(
        chart(low, event("1", "severe", "2023-03-12", "m1"), doses=(200, 160, 200)), "dose_modification_error"
    )
    assert item.evidence == (
        ("AdverseEvent/e1", "MedicationAdministration/m3"),
        ("MedicationAdministration/m3", "Observation/r1"),
    )


THRICE = [
    event("1", "severe", "2023-03-12", "m1"),
    event("2", "severe", "2023-04-02", "m2"),
    event("3", "severe", "2023-04-23", "m3"),
    *safe("4", "2023-05-12"),
]


@pytest.mark.parametrize(
    ("mg", "shown"),
    [
        (200, [("1",), ("2",), ("3",)]),
        (160, [("1", "2"), ("1", "3"), ("2", "3")]),
        (100, [("1", "2"), ("1", "3"), ("2", "3")]),
    ],
)
def test_as_many_lowerings_as_make_a_dose_wrong_show_it(mg: int, shown: list[tuple[str, ...]]) -> None:
    (item,) = items(chart(*THRICE, given("4", "2023-05-12", mg), doses=(200, 160, 120)), "dose_modification_error")
    assert item.evidence == tuple(
        (*(f"AdverseEvent/e{key}" for key in one), "MedicationAdministration/m4") for one in shown
    )


@pytest.mark.parametrize(
    ("status", "end", "used"),
    [
        ("active", None, True),
        ("on-hold", None, False),
        ("completed", None, False),
        ("stopped", None, False),
        ("stopped", "2023-04-02", True),
    ],
)
def test_only_an_active_order_is_in_use_without_end(status: str, end: str | None, used: bool) -> None:
    found = items(chart(order("1", IBUPROFEN, "2023-03-20", end, status=status)), "prohibited_conmed")
    assert bool(found) == used


def test_rows_of_a_merged_duplicate_are_the_survivors() -> None:
    link = [{"other": {"reference": "Patient/p"}, "type": "replaced-by"}]
    rows = [row | {"subject": {"reference": "Patient/d"}} if row["id"] == "rc2" else row for row in chart()]
    assert recompute(written(*rows, patient("d", link=link)), EXTENDED).items == ()
