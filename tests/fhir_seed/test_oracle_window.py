"""The Stage IV window, what voids it, and which Observation is read (clauses 2.3, 2.4, 3.4, 3.5)."""

import pytest

from fhir_seed.trial_audit.oracle import recompute
from tasks import TruthItem
from tests.helpers.chart import PROTOCOL, Json, dose, index, patient, stage, subject, written

S, M, O, I = "ResearchSubject/s", "MedicationAdministration/m", "Observation/o", "Observation/i"  # noqa: E741
WITHIN, EXTENDED, LAST, BEYOND = "2023-03-22", "2023-03-23", "2023-04-01", "2023-04-02"


def item(*rows: Json, threshold: int | None = 3) -> TruthItem | None:
    protocol = PROTOCOL.model_copy(update={"comorbidity_threshold": threshold})
    items = recompute(written(patient(), subject(), *rows), protocol).items
    assert len(items) <= 1
    return items[0] if items else None


@pytest.mark.parametrize(
    ("start", "stage_value", "index_value", "kind", "evidence"),
    [
        (WITHIN, 2, 5, None, None),
        (EXTENDED, 4, 3, None, None),
        (LAST, 4, 0, None, None),
        (LAST, 4, None, None, None),
        (EXTENDED, 2, 0, "window", (M, O, S)),
        (LAST, 3, 9, "window", (M, O, S)),
        (LAST, None, 9, "window", (M, S)),
        (BEYOND, 3, 0, "window", (M, S)),
        (BEYOND, 4, 0, "window", (M, S)),
        (BEYOND, 4, 4, "window", (M, S)),
        (EXTENDED, 4, 4, "override", (M, I, O, S)),
        (LAST, 4, 9, "override", (M, I, O, S)),
    ],
)
def test_window(
    start: str, stage_value: int | None, index_value: int | None, kind: str | None, evidence: tuple[str, ...] | None
) -> None:
    rows = [dose(on=start)]
    rows += [stage(stage_value)] if stage_value else []
    rows += [index(index_value)] if index_value is not None else []
    got = item(*rows)
    assert (got and got.kind) == kind
    assert got is None or got.evidence == (tuple(sorted(evidence or ())),)
    assert got is None or (got.weight, got.corrective_action) == (1, "report_deviation")


def test_without_an_override_clause_the_index_does_not_matter() -> None:
    assert item(dose(on=LAST), stage(4), index(9), threshold=None) is None


def test_an_index_may_be_written_as_a_quantity() -> None:
    written_so = index(0, valueInteger=None, valueQuantity={"value": 4})
    got = item(dose(on=LAST), stage(4), written_so)
    assert got is not None
    assert got.kind == "override"


def test_an_index_or_stage_without_a_value_decides_nothing() -> None:
    assert item(dose(on=LAST), stage(4), index(0, valueInteger=None)) is None
    unreadable = item(dose(on=LAST), stage(4, valueCodeableConcept=None))
    assert unreadable is not None
    assert unreadable.kind == "window"


@pytest.mark.parametrize(
    ("rows", "read"),
    [
        ([stage(2, "a", "2023-02-10"), stage(4, "b", "2023-02-20")], 4),  # superseded before enrolment
        ([stage(4, "a", "2023-02-20"), stage(2, "b", "2023-02-10")], 4),
        ([stage(4, "a"), stage(2, "b", "2023-03-02")], 4),  # restaged after enrolment
        ([stage(2, "a"), stage(4, "b", "2023-03-01")], 4),  # on the enrolment day
        ([stage(2, "a"), stage(4, "b", "2023-03-02T04:00:00Z")], 4),  # still the enrolment day at the site
        ([stage(4, "a"), stage(2, "b", "2023-02-25", status="entered-in-error")], 4),
        ([stage(4, "a"), stage(2, "b", "2023-02-25", status="preliminary")], 4),
        ([stage(2, "a"), stage(4, "b", "2023-02-25", status="amended")], 4),
        ([stage(2, "a"), stage(4, "b", "2023-02-25", status="corrected")], 4),
        ([stage(4, "a", issued="2023-02-21T12:00:00Z"), stage(2, "b")], 4),  # the later issued of one day
        ([stage(4, "a", issued="2023-02-21T06:00:00-05:00"), stage(2, "b")], 4),  # by instant, not by text
        ([stage(2, "a"), stage(4, "b")], 4),  # the greater id
        ([stage(4, "a"), stage(2, "b", issued=None)], 4),
        ([stage(2, "a", "2023-02-20"), stage(4, "b", "2023-02-20T08:00:00-05:00")], 4),  # same day: greater id
        ([stage(4, "a"), stage(2, "b", effectiveDateTime=None)], 4),
        ([stage(4, "a"), stage(2, "b", of="other")], 4),
        ([stage(4, "a"), stage(2, "b", code={"coding": [{"system": "urn:x", "code": "399537006"}]})], 4),
        ([stage(4, "a"), stage(2, "b", "2023-02-25")], 2),
        ([stage(4, "a", status="cancelled")], None),
    ],
)
def test_the_stage_is_the_latest_final_row_up_to_enrolment(rows: list[Json], read: int | None) -> None:
    lawful = item(dose(on=LAST), *rows) is None
    assert lawful == (read == 4)


def test_a_corrected_index_voids_the_extension() -> None:
    got = item(dose(on=LAST), stage(4), index(1, "i1"), index(5, "i2", "2023-02-21", status="corrected"))
    assert got is not None
    assert got.evidence == (tuple(sorted((M, O, "Observation/i2", S))),)
