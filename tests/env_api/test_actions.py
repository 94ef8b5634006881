"""The evidence gate, versions of findings, and what a wrong action costs."""

from typing import Any

import pytest

from tests.helpers.fakes import Api, Seat, flag


async def test_a_flag_on_what_was_read_is_accepted(seat: Seat) -> None:
    await seat.fhir("/Patient/p2")
    answer = await seat.flag("Patient/p2", "Patient/p2")
    assert answer.json() == {"accepted": True, "finding_id": "F1", "version": 1, "actions_left": 5}
    assert (answer.headers["x-actions-left"], answer.headers["x-fhir-left"]) == ("5", "11")


@pytest.mark.parametrize(
    "read", ["/Patient?_id=p2&_elements=id", "/Patient/p2?_elements=birthDate", "/Patient?_id=p1", "/Patient/absent"]
)
async def test_a_subject_not_returned_whole_is_refused(api: Api, seat: Seat, read: str) -> None:
    await seat.fhir(read)
    answer = await seat.flag("Patient/p2")
    assert (answer.status_code, answer.json()["error"]) == (409, "not_retrieved")
    assert (answer.json()["accepted"], answer.json()["actions_left"]) == (False, 5)


async def test_a_search_retrieves_what_its_page_holds(seat: Seat) -> None:
    await seat.fhir("/Patient?_id=p2")
    assert (await seat.flag("Patient/p2", "Patient/p2")).status_code == 200


async def test_a_304_retrieves_nothing(seat: Seat) -> None:
    answer = await seat.fhir("/Patient/p2", **{"if-none-match": 'W/"1"'})
    assert (answer.status_code, answer.content) == (304, b"")
    assert (await seat.flag("Patient/p2")).json()["error"] == "not_retrieved"


@pytest.mark.parametrize(
    "form", ["Patient/p2", "{base}/Patient/p2", "Patient/p2/_history/1", "{base}/Patient/p2/_history/7"]
)
async def test_absolute_and_versioned_references_are_reduced(api: Api, seat: Seat, form: str) -> None:
    await seat.fhir("/Patient/p2")
    text = form.format(base=seat.base)
    assert (await seat.flag(text, text, "Patient/p2")).status_code == 200
    finding = api.record(seat).findings[0]
    assert (finding.subject, finding.evidence) == ("Patient/p2", ("Patient/p2",))


@pytest.mark.parametrize(
    ("subject", "evidence", "error"),
    [
        ("http://elsewhere.test/fhir/Patient/p2", "Patient/p2", "bad_reference"),
        ("urn:uuid:1", "Patient/p2", "bad_reference"),
        ("Patient/p2", "http://elsewhere.test/fhir/Patient/p2", "bad_reference"),
        ("Observation/o1", "Patient/p2", "bad_subject"),
        ("Patient/p2", "Observation/o1", "not_retrieved"),
    ],
)
async def test_a_reference_that_is_not_of_this_chart_is_refused(
    seat: Seat, subject: str, evidence: str, error: str
) -> None:
    await seat.fhir("/Patient/p2")
    assert (await seat.flag(subject, evidence)).json()["error"] == error


async def test_a_repeated_flag_is_a_new_finding(api: Api, seat: Seat) -> None:
    await seat.fhir("/Patient/p2")
    await seat.flag()
    assert (await seat.flag(confidence=0.2)).json()["finding_id"] == "F2"
    assert [finding.confidence for finding in api.record(seat).findings] == [0.9, 0.2]


async def test_an_amendment_changes_what_it_names(api: Api, seat: Seat) -> None:
    await seat.fhir("/Patient/p2")
    await seat.flag()
    answer = await seat.act({"action": "amend_finding", "finding_id": "F1", "evidence": [f"{seat.base}/Patient/p2"]})
    assert answer.json() == {"accepted": True, "finding_id": "F1", "version": 2, "actions_left": 4}
    finding = api.record(seat).findings[0]
    assert (finding.evidence, finding.confidence, finding.version) == (("Patient/p2",), 0.9, 2)


async def test_a_retraction_is_a_last_version(api: Api, seat: Seat) -> None:
    await seat.fhir("/Patient/p2")
    await seat.flag()
    assert (await seat.act({"action": "retract_finding", "finding_id": "F1"})).json()["version"] == 2
    assert api.record(seat).findings[0].retracted


@pytest.mark.parametrize(
    ("action", "status", "error"),
    [
        ({"action": "amend_finding", "finding_id": "F9", "confidence": 0.1}, 404, "no_such_finding"),
        ({"action": "retract_finding", "finding_id": "F9"}, 404, "no_such_finding"),
        ({"action": "amend_finding", "finding_id": "F1"}, 422, "nothing_to_amend"),
        ({"action": "amend_finding", "finding_id": "F1", "evidence": ["Patient/p1"]}, 409, "not_retrieved"),
        ({"action": "amend_finding", "finding_id": "F2", "confidence": 0.1}, 409, "withdrawn"),
        ({"action": "retract_finding", "finding_id": "F2"}, 409, "withdrawn"),
    ],
)
async def test_what_cannot_be_amended_is_refused_and_costs_a_step(
    api: Api, seat: Seat, action: Any, status: int, error: str
) -> None:
    await seat.fhir("/Patient/p2")
    await seat.flag()
    await seat.flag()
    await seat.act({"action": "retract_finding", "finding_id": "F2"})
    answer = await seat.act(action)
    assert (answer.status_code, answer.json()["error"], answer.json()["actions_left"]) == (status, error, 2)
    assert api.lines(seat)[-1]["outcome"] == "refused"


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (b"not json", "the body is not JSON"),
        (b"\xff\xfe", "the body is not JSON"),
        (b'{"action": "\\ud800"}', "the body is not JSON"),
        (b"[1]", "no object"),
        (b"{}", "'action' is missing"),
        ({"action": "delete_everything"}, "'action' must be one of 'flag_finding', 'amend_finding', 'retract_finding'"),
        (flag(confidence=1.5), "confidence: Input should be less than or equal to 1"),
        (flag(confidence=None), "confidence: Input should be a valid number"),
        (flag(evidence=["Patient/p2"] * 9), "evidence: Tuple should have at most 8 items"),
        (flag(type="temporal"), "type: Input should be 'missing_birth_date'"),
        (flag(verdict="x"), "it has a field that is not in the schema"),
        (b'{"action":' + b"[" * 2000 + b"]" * 2000 + b"}", "is not"),
        (b'{"action":' + b"[" * 500 + b"]" * 500 + b"}", "'action' must be one of"),
    ],
)
async def test_a_malformed_action_says_what_is_wrong_and_costs_a_step(
    api: Api, seat: Seat, sent: Any, says: str
) -> None:
    answer = await seat.act(sent)
    assert (answer.status_code, answer.json()["error"], answer.headers["x-actions-left"]) == (422, "malformed", "5")
    assert says in answer.json()["message"]
    assert api.record(seat).events[-1].outcome == "malformed"  # type: ignore[union-attr]


async def test_a_body_over_the_cap_costs_a_step(api: Api, seat: Seat) -> None:
    answer = await seat.act(flag(rationale="x" * 256_000))
    assert (answer.status_code, answer.json()["error"], answer.json()["actions_left"]) == (413, "too_large", 5)
    assert len(api.path(seat).read_bytes()) < 2000


async def test_an_agents_text_is_never_part_of_an_error(seat: Seat) -> None:
    mark = "zqx-{0}-<script>"
    for action in (
        {"action": mark},
        flag(**{mark: mark}),
        flag(mark, mark),
        flag(subject="Patient/zqx"),
        {"action": "retract_finding", "finding_id": mark},
        f'"{mark}"'.encode(),
    ):
        assert "zqx" not in (await seat.act(action)).text
    assert "zqx" not in (await seat.submit({mark: mark})).text


async def test_spent_actions_are_closed_and_submit_is_not(api: Api, seat: Seat) -> None:
    for _ in range(6):
        await seat.act({})
    answer = await seat.act({})
    assert (answer.status_code, answer.json()["error"], answer.headers["x-actions-left"]) == (403, "budget_spent", "0")
    assert api.record(seat).actions_taken == 6
    assert (await seat.submit()).status_code == 200
