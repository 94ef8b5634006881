"""A reader with a blind spot sees all but one thing."""

from collections.abc import Mapping
from typing import Any

import pytest

from baselines.trial_audit.blind_spots import BLIND_SPOTS, BlindSession
from tests.helpers.agent_api import FakeEpisode

PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "deceasedDateTime": "2024-01-02T23:30:00-05:00",
    "meta": {"lastUpdated": "2024-01-02T00:00:00Z"},
    "link": [{"type": "replaced-by", "other": {"reference": "Patient/q"}}],
}
FATAL = {"coding": [{"code": "fatal"}]}
EVENT = {"resourceType": "AdverseEvent", "id": "e", "outcome": FATAL}
RECOVERED = EVENT | {"outcome": {"coding": [{"code": "resolved"}]}}
DOSE = {"resourceType": "MedicationAdministration", "id": "d", "status": "not-done"}
CONCEPT = {"resourceType": "Condition", "id": "c", "code": {"coding": [{"code": "1"}, {"code": "2"}], "text": "x"}}
POUNDS = {
    "resourceType": "Observation",
    "id": "w",
    "status": "final",
    "valueQuantity": {"value": 150, "code": "[lb_av]"},
}
RESULT = {
    "resourceType": "Observation",
    "id": "r",
    "category": [{"coding": [{"code": "laboratory"}]}],
    "effectiveDateTime": "2024-01-02",
    "issued": "2024-01-05T08:00:00Z",
}
ORDER = {
    "resourceType": "MedicationRequest",
    "id": "m",
    "status": "stopped",
    "dispenseRequest": {"quantity": {"value": 30}, "validityPeriod": {"start": "2024-01-02", "end": "2024-02-01"}},
}
NOTE = {
    "resourceType": "DocumentReference",
    "id": "n",
    "subject": {"reference": "Patient/p"},
    "content": [{"attachment": {"data": "Mw=="}}],
}
PROTOCOL = {
    "resourceType": "DocumentReference",
    "id": "n",
    "content": [{"attachment": {"data": "My40IGEKMy41IGIKMy42IGM="}}],  # 3.4 a, 3.5 b, 3.6 c
}


def without(resource: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in names}


@pytest.mark.parametrize(
    ("name", "resource", "seen"),
    [
        ("ignores_merges", PATIENT, PATIENT),
        ("ignores_order_ends", ORDER, ORDER | {"status": "active", "dispenseRequest": {"quantity": {"value": 30}}}),
        ("ignores_order_ends", ORDER | {"status": "cancelled"}, ORDER | {"status": "cancelled"}),
        ("ignores_order_ends", CONCEPT, CONCEPT),
        ("ignores_status", DOSE, DOSE | {"status": "completed"}),
        ("ignores_status", CONCEPT, CONCEPT),
        ("ignores_units", POUNDS, POUNDS | {"valueQuantity": {"value": 150, "code": "kg", "unit": "kg"}}),
        ("reads_date_prefixes", PATIENT, PATIENT | {"deceasedDateTime": "2024-01-02"}),
        ("reads_event_deaths", PATIENT, without(PATIENT, "deceasedDateTime")),
        ("reads_event_deaths", EVENT, EVENT),
        ("reads_patient_deaths", EVENT, without(EVENT, "outcome")),
        ("reads_patient_deaths", RECOVERED, RECOVERED),
        ("reads_first_codings", CONCEPT, CONCEPT | {"code": {"coding": [{"code": "1"}], "text": "x"}}),
        ("reads_issued_dates", RESULT, RESULT | {"effectiveDateTime": "2024-01-05T08:00:00Z"}),
        ("reads_issued_dates", without(RESULT, "category"), without(RESULT, "category")),
        ("reads_issued_dates", without(RESULT, "issued"), without(RESULT, "issued")),
        ("reads_no_notes", NOTE, NOTE | {"content": [{"attachment": {"data": ""}}]}),
        ("reads_no_notes", PROTOCOL, PROTOCOL),
        ("ignores_override", PROTOCOL, PROTOCOL | {"content": [{"attachment": {"data": "My40IGEKCjMuNiBj"}}]}),
        ("does_not_stratify", PATIENT, PATIENT),
    ],
)
def test_what_is_seen(name: str, resource: dict[str, Any], seen: dict[str, Any]) -> None:
    assert BLIND_SPOTS[name].see(resource) == seen


def test_who_ignores_status_does_not_ask_for_it() -> None:
    ask = BLIND_SPOTS["ignores_status"].ask
    assert ask("Observation", [("code", "x"), ("status", "final")]) == [("code", "x")]
    assert ask("MedicationRequest", [("status", "active")]) == [("status", "active")]


@pytest.mark.parametrize(
    ("verdict", "concluded"), [("none", "none"), ("confounded", "selection_bias"), ("selection_bias", "selection_bias")]
)
def test_who_does_not_stratify_takes_the_crude_gap(verdict: str, concluded: str) -> None:
    report = {"counts": {}, "cohort": {"verdict": verdict, "crude_gap": 0.2, "adjusted_gap": 0.1}}
    assert BLIND_SPOTS["does_not_stratify"].conclude(report) == {
        "counts": {},
        "cohort": {"verdict": concluded, "crude_gap": 0.2, "adjusted_gap": 0.2},
    }
    assert BLIND_SPOTS["does_not_stratify"].conclude({"counts": {}, "cohort": None}) == {"counts": {}, "cohort": None}


async def test_reads_and_searches_are_seen_through_the_spot_and_reach_the_same_episode() -> None:
    episode = FakeEpisode([PATIENT])
    session = BlindSession(episode.session(), BLIND_SPOTS["reads_event_deaths"])
    assert "deceasedDateTime" not in await session.read("Patient/p")
    assert ["deceasedDateTime" in row async for row in session.search("Patient")] == [False]
    assert len(episode.requests) == 2


def person(id_: str, born: str | None, replaced_by: str = "") -> dict[str, Any]:
    row: dict[str, Any] = {"resourceType": "Patient", "id": id_, "name": [{"family": id_}], "gender": "female"}
    row |= {"birthDate": born} if born else {}
    return row | ({"link": [{"type": "replaced-by", "other": {"reference": replaced_by}}]} if replaced_by else {})


@pytest.mark.parametrize(
    ("duplicates", "family", "born"),
    [
        ([], "q", "1960-02-03"),
        ([person("a", "1999-01-01", "Patient/q")], "a", "1999-01-01"),
        ([person("a", None, "Patient/q")], "a", None),
        ([person("z", "1960-02-03", "Patient/q")], "z", "1960-02-03"),
        ([person("a", None, "Patient/q"), person("z", "1960-02-03", "Patient/q")], "a", None),
        ([person("a", "1960-02-03", "Patient/q"), person("z", "1950-01-01", "Patient/q")], "z", "1950-01-01"),
    ],
)
async def test_who_ignores_merges_takes_the_duplicate_for_the_subject(
    duplicates: list[dict[str, Any]], family: str, born: str | None
) -> None:
    episode = FakeEpisode([*duplicates, person("q", "1960-02-03")])
    session = BlindSession(episode.session(), BLIND_SPOTS["ignores_merges"])
    seen = {row["id"]: row async for row in session.search("Patient")}
    assert seen.keys() == {"q", *(row["id"] for row in duplicates)}
    assert (seen["q"]["name"][0]["family"], seen["q"].get("birthDate")) == (family, born)
    assert seen["q"]["gender"] == "female"
