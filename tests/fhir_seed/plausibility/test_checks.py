"""Each check finds what it is for: one row of a plausible chart is changed, and the check doubts it."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import cache
from typing import Any

import orjson
import pytest

from fhir_seed.trial_audit.plausibility import CHECKS, doubts
from tests.fhir_seed.plausibility.clean import clean_world, wrong_on_purpose

Json = dict[str, Any]
Change = Callable[[Json], None]
INDEX = 3


@cache
def texts() -> tuple[bytes, ...]:
    return clean_world("tiny", INDEX)[1]


def chart() -> list[Json]:
    return [orjson.loads(text) for text in texts()]


def found(world: list[Json]) -> set[str]:
    plan, _ = clean_world("tiny", INDEX)
    written = [orjson.dumps(row) for row in world]
    return {d.check for d in doubts(written, plan.now, known=wrong_on_purpose(plan))}


def is_observation(code: str, *, where: Callable[[Json], bool] = lambda row: True) -> Callable[[Json], bool]:
    return lambda row: row["resourceType"] == "Observation" and row["code"]["coding"][0]["code"] == code and where(row)


def is_a(kind: str, where: Callable[[Json], bool] = lambda row: True) -> Callable[[Json], bool]:
    return lambda row: row["resourceType"] == kind and where(row)


def measured(number: float) -> Change:
    return lambda row: row["valueQuantity"].update(value=number)


def element(name: str, value: Any) -> Change:
    return lambda row: row.update({name: value})


def light_or_heavy(row: Json) -> None:
    row["valueQuantity"]["value"] = 60.0 if row["id"] < "m" else 90.0


def in_grams(row: Json) -> None:
    row["valueQuantity"] |= {"unit": "g", "code": "g"}


def of_another_sex(row: Json) -> None:
    row["code"]["coding"][0]["code"] = "363443007"


def without_reason(row: Json) -> None:
    del row["reasonReference"]


def for_the_cancer(row: Json) -> None:
    named = (one for one in chart() if one["resourceType"] == "Condition" and "cancer" in one["code"]["text"])
    cancer = next(one for one in named if one["subject"] == row["subject"])
    row["reasonReference"] = [{"reference": f"Condition/{cancer['id']}"}]


def saying(text: str) -> Change:
    def change(row: Json) -> None:
        attachment = row["content"][0]["attachment"]
        attachment["data"] = b64encode(b64decode(attachment["data"]) + text.encode()).decode()

    return change


def serious(row: Json) -> None:
    row["seriousness"] = {"coding": [{"code": "Serious"}]}


def always_inpatient(row: Json) -> None:
    row["class"] = {"code": "IMP"}


def given(row: Json) -> None:
    row["dosage"]["dose"]["value"] = 1


def started_early(row: Json) -> None:
    row["period"] = {"start": "2010-01-01"}


NOTE = is_a("DocumentReference", lambda row: "subject" in row)
TREATED = is_a("MedicationAdministration", lambda row: row["status"] == "completed")
EVENT = is_a("AdverseEvent", lambda row: "detected" in row and "encounter" not in row)
EXPLAINED = is_a("MedicationRequest", lambda row: "reasonReference" in row and "rxnorm" in str(row))
ENROLLED = is_a("ResearchSubject", lambda row: "period" in row)
CASES: list[tuple[str, Callable[[Json], bool], Change]] = [
    ("values are possible in a living adult", is_observation("718-7"), measured(2.1)),
    ("units are those of the code", is_observation("29463-7"), in_grams),
    (
        "interpretations follow the reference range",
        is_observation("718-7", where=lambda row: row["valueQuantity"]["value"] > 12),
        element("interpretation", [{"coding": [{"code": "L"}]}]),
    ),
    ("body mass index is weight over height squared", is_observation("39156-5"), measured(50.0)),
    ("weight changes slowly", is_observation("29463-7"), light_or_heavy),
    ("neutrophils are some of the leukocytes", is_observation("6690-2"), measured(1.2)),
    (
        "results are reported after the blood is taken",
        is_observation("777-3"),
        element("issued", "2020-01-01T00:00:00Z"),
    ),
    (
        "encounters contain what was observed in them",
        is_observation("89247-1"),
        element("effectiveDateTime", "2025-01-01"),
    ),
    ("consent comes before all that is done for the study", is_a("Consent"), element("dateTime", "2025-12-01")),
    ("screening, enrolment and treatment follow each other", ENROLLED, started_early),
    ("nothing is later than the present", EVENT, element("recordedDate", "2031-05-01")),
    (
        "the dead are not seen",
        is_a("Patient", lambda row: row.get("active")),
        element("deceasedDateTime", "2021-02-02"),
    ),
    ("events are heard of after they begin, serious ones within a day", EVENT, element("detected", "2021-01-01")),
    ("cancers occur in the sex", is_a("Condition", lambda row: "cancer" in row["code"]["text"]), of_another_sex),
    ("everyone has the study's cancer", is_a("Condition", lambda row: "cancer" in row["code"]["text"]), of_another_sex),
    ("medicines have a problem or a support that explains them", EXPLAINED, without_reason),
    ("medicines have a problem or a support that explains them", EXPLAINED, for_the_cancer),
    ("the site is one", is_a("Encounter"), element("serviceProvider", {"reference": "Organization/elsewhere"})),
    ("doses follow the dosing rule", TREATED, given),
    ("nobody is given a dose that is to be held", is_observation("751-8"), measured(0.4)),
    ("admissions are of serious events", EVENT, serious),
    ("nobody is treated during a stay", is_a("Encounter"), always_inpatient),
    ("notes quote the chart", NOTE, saying("weight 12.5 kg")),
    ("notes are silent about what is graded", NOTE, saying("A person with stage IV disease")),
]


def test_the_chart_is_plausible_as_it_is() -> None:
    assert found(chart()) == set()


@pytest.mark.parametrize(
    ("check", "is_meant", "change"), CASES, ids=[f"{case[0]}-{case[2].__name__}" for case in CASES]
)
def test_a_check_doubts_what_it_is_for(check: str, is_meant: Callable[[Json], bool], change: Change) -> None:
    world = chart()
    for row in filter(is_meant, world):
        change(row)
    assert check in found(world)


@pytest.mark.parametrize(
    ("check", "is_meant"),
    [
        ("each dose has its visit, weight and blood", is_observation("777-3")),
        ("low counts after a dose are events, and events have low counts", is_a("AdverseEvent")),
    ],
)
def test_a_check_misses_what_is_not_there(check: str, is_meant: Callable[[Json], bool]) -> None:
    assert check in found([row for row in chart() if not is_meant(row)])


def test_a_weight_may_be_in_pounds() -> None:
    world = chart()
    for row in filter(is_observation("29463-7"), world):
        pounds = round(row["valueQuantity"]["value"] / 0.45359237, 1)
        row["valueQuantity"] |= {"value": pounds, "unit": "lb", "code": "[lb_av]"}
    assert "units are those of the code" not in found(world)
    assert "weight changes slowly" not in found(world)


def test_a_second_order_of_a_product_is_doubted() -> None:
    world = chart()
    order = next(row for row in world if row["resourceType"] == "MedicationRequest" and "rxnorm" in str(row))
    assert found([*world, order | {"id": "again"}]) == {"nobody takes two products of one group"}


def test_every_check_is_tried() -> None:
    tried = {case[0] for case in CASES} | {
        "each dose has its visit, weight and blood",
        "low counts after a dose are events, and events have low counts",
        "nobody takes two products of one group",
    }
    assert tried == set(CHECKS)


def test_checks_can_be_left_out_and_people_be_known() -> None:
    world = chart()
    dose = next(filter(TREATED, world))
    given(dose)
    written, plan = [orjson.dumps(row) for row in world], clean_world("tiny", INDEX)[0]
    known = wrong_on_purpose(plan)
    rule = "doses follow the dosing rule"
    assert {d.check for d in doubts(written, plan.now, known=known)} >= {rule}
    person = dose["subject"]["reference"]
    assert rule not in {d.check for d in doubts(written, plan.now, known=known | {rule: [person]})}
    assert rule not in {d.check for d in doubts(written, plan.now, known=known, apart_from=[rule])}
