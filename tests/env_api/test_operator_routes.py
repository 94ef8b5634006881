"""The operator's API."""

from typing import Any

import orjson
import pytest

from tests.helpers.fakes import Api, Seat


async def test_tasks_are_listed_with_budgets(api: Api) -> None:
    row = (await api.operator.get("/tasks")).json()[0]
    assert (row["task"], row["budget"]) == ("mock/tiny", {"fhir": 12, "actions": 6, "par": 6})


async def test_an_opened_episode_says_where_the_agent_goes(api: Api) -> None:
    answer = await api.operator.post("/episodes", json={"task": "mock/tiny/0", "agent": "tester"})
    assert answer.status_code == 201
    assert answer.json() == {
        "episode": "e0001",
        "token": "t0001",
        "agent_base": "http://agent.test/episodes/e0001",
        "fhir_base": "http://agent.test/episodes/e0001/fhir",
        "brief_url": "http://agent.test/episodes/e0001/brief",
    }


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"task": "mock/tiny"}, 400, "invalid"),
        ({"task": "mock/tiny/x"}, 400, "invalid"),
        ({"task": "mock/tiny/-1"}, 400, "invalid"),
        ({"task": "mock/tiny/99999999999999999"}, 400, "invalid"),
        ({"task": "mock/../0"}, 400, "invalid"),
        ({"task": "mock/giant/0"}, 404, "not_found"),
        ({"task": "nothing/tiny/0"}, 404, "not_found"),
        ({}, 422, "malformed"),
        ({"task": "mock/tiny/0", "seed": 1}, 422, "malformed"),
        (b"nonsense", 422, "malformed"),
        (b"[" * 300_000, 413, "too_large"),
    ],
)
async def test_a_bad_order_is_a_typed_error(api: Api, body: Any, status: int, error: str) -> None:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    answer = await api.operator.post("/episodes", content=content)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert api.backend.stores == []


async def test_episodes_are_listed_as_they_stand(api: Api, seat: Seat) -> None:
    await seat.fhir("/Patient/p2")
    await seat.flag()
    await api.open()
    await seat.submit()
    rows = (await api.operator.get("/episodes")).json()
    assert rows[0] == {
        "episode": "e0001",
        "task": "mock/tiny/0",
        "agent": None,
        "status": "ended",
        "cause": "submitted",
        "failed_by": None,
        "fhir_left": 11,
        "actions_left": 5,
        "findings": 1,
    }
    assert rows[1]["status"] == "open"


@pytest.mark.parametrize(
    ("body", "cause", "failed_by"),
    [
        (None, "closed", None),
        ({}, "closed", None),
        ({"cause": "closed", "detail": "enough"}, "closed", None),
        ({"failed_by": "model_provider", "detail": "429"}, "failed", "model_provider"),
        ({"cause": "failed", "failed_by": "backend"}, "failed", "backend"),
    ],
)
async def test_close_ends_an_episode_as_it_stands(
    api: Api, seat: Seat, body: Any, cause: str, failed_by: str | None
) -> None:
    row = (await api.operator.post(f"/episodes/{seat.episode}/close", json=body and dict(body))).json()
    assert (row["status"], row["cause"], row["failed_by"]) == ("ended", cause, failed_by)
    end = api.record(seat).end
    assert end is not None
    assert (end.cause, end.failed_by, end.detail) == (cause, failed_by, (body or {}).get("detail"))
    assert (await seat.brief()).status_code == 410


@pytest.mark.parametrize(
    "body", [{"cause": "failed"}, {"cause": "closed", "failed_by": "agent"}, {"cause": "submitted"}]
)
async def test_a_close_that_contradicts_itself_ends_nothing(api: Api, seat: Seat, body: Any) -> None:
    assert (await api.operator.post(f"/episodes/{seat.episode}/close", json=body)).status_code == 422
    assert (await seat.brief()).status_code == 200


async def test_an_ended_episode_stays_as_it_ended(api: Api, seat: Seat) -> None:
    await seat.submit()
    row = (await api.operator.post(f"/episodes/{seat.episode}/close", json={"failed_by": "agent"})).json()
    assert (row["cause"], row["failed_by"]) == ("submitted", None)


async def test_the_record_is_given_as_it_stands(api: Api, seat: Seat) -> None:
    await seat.fhir("/Patient/p1")
    answer = await api.operator.get(f"/episodes/{seat.episode}/record")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.content == api.path(seat).read_bytes()


async def test_a_grade_needs_the_end(api: Api, seat: Seat) -> None:
    await seat.fhir("/Patient/p2")
    await seat.flag()
    url = f"/episodes/{seat.episode}/grade"
    assert (await api.operator.get(url)).status_code == 409
    await seat.submit()
    assert (await api.operator.get(url)).json()["metrics"] == {"findings": 1}


@pytest.mark.parametrize("path", ["/episodes/none/record", "/episodes/none/grade", "/nonsense", "/docs"])
async def test_what_is_not_there_is_not_found(api: Api, path: str) -> None:
    answer = await api.operator.get(path)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_a_wrong_method_is_named(api: Api) -> None:
    assert (await api.operator.delete("/tasks")).json()["error"] == "method"


async def test_health_needs_no_token(api: Api) -> None:
    answer = await api.operator.get("/health", headers={"authorization": ""})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
