"""The course of an episode: brief, submit, end, idle limit, and two at once."""

import asyncio
from pathlib import Path

import pytest

from env_api import Settings
from fhir_r4 import Change
from tests.helpers.fakes import Api, FakeBackend, Seat


async def test_the_brief_costs_nothing_and_names_no_task(api: Api, seat: Seat) -> None:
    brief = (await seat.brief()).json()
    assert (brief["fhir_left"], brief["actions_left"], brief["par"]) == (12, 6, 6)
    assert brief["fhir_base"] == "http://agent.test/episodes/e0001/fhir"
    assert brief["suite"] == "mock"
    assert "flag_finding" in str(brief["action_schema"])
    assert not {"task", "variant", "index", "digest", "world_digest", "salt"} & brief.keys()


async def test_submit_ends_the_episode_and_costs_nothing(api: Api, seat: Seat) -> None:
    answer = await seat.submit()
    assert answer.json() == {"accepted": True, "done": True, "message": "The episode is over."}
    record = api.record(seat)
    assert record.end is not None
    assert (record.end.cause, record.report) == ("submitted", {"counts": {"missing_birth_date": 1}, "narrative": ""})
    assert (record.actions_taken, record.fhir_requests) == (0, 0)


@pytest.mark.parametrize("report", [{}, [], {"counts": {"missing_birth_date": -1}, "narrative": ""}, "text"])
async def test_a_malformed_report_ends_nothing(api: Api, seat: Seat, report: object) -> None:
    answer = await seat.submit(report)
    assert (answer.status_code, answer.json()["error"], answer.headers["x-actions-left"]) == (422, "malformed", "6")
    assert len(api.lines(seat)) == 1
    assert (await seat.submit()).status_code == 200


async def test_a_report_over_the_cap_ends_nothing(seat: Seat) -> None:
    assert (await seat.submit({"narrative": "x" * 300_000})).status_code == 413
    assert (await seat.brief()).status_code == 200


async def test_after_the_end_every_call_is_gone(api: Api, seat: Seat) -> None:
    await seat.submit()
    size = api.path(seat).stat().st_size
    for answer in (await seat.brief(), await seat.act({}), await seat.submit()):
        assert (answer.status_code, answer.json()["error"]) == (410, "episode_over")
        assert answer.json()["message"].startswith("The episode is over")
    fhir = await seat.fhir("/Patient/p1")
    assert (fhir.status_code, fhir.json()["issue"][0]["code"]) == (410, "expired")
    assert api.path(seat).stat().st_size == size


async def test_an_idle_episode_ends_when_it_is_called_again(api: Api, seat: Seat) -> None:
    api.clock.seconds = 1800.0
    assert (await seat.brief()).status_code == 200
    api.clock.seconds = 3600.5
    assert (await seat.brief()).status_code == 410
    end = api.record(seat).end
    assert end is not None
    assert (end.cause, end.report) == ("idle", None)


async def test_the_sweep_ends_idle_episodes_only(api: Api, seat: Seat) -> None:
    api.clock.seconds = 1000.0
    other = await api.open()
    api.clock.seconds = 1801.0
    await api.desk.sweep()
    assert (api.record(seat).end is None, api.record(other).end is None) == (False, True)
    assert len(api.backend.stores) == 1


async def test_the_running_operator_app_sweeps_and_ends_the_rest_when_it_stops(tmp_path: Path) -> None:
    api = Api(tmp_path, settings=Settings(agent_url="http://agent.test", sweep_seconds=0.005))
    async with api.operator_app.router.lifespan_context(api.operator_app):
        idle = await api.open()
        api.clock.seconds = 1801.0
        busy = await api.open()
        while api.record(idle).end is None:
            await asyncio.sleep(0.002)
    ends = [api.record(seat).end for seat in (idle, busy)]
    assert [(end.cause, end.failed_by) for end in ends if end] == [("idle", None), ("failed", "harness")]


async def test_a_backend_that_is_down_at_the_end_failed_the_run(api: Api, seat: Seat) -> None:
    api.backend.down = True
    assert (await seat.submit()).status_code == 200
    end = api.record(seat).end
    assert end is not None
    assert (end.cause, end.failed_by) == ("failed", "backend")
    assert end.report is not None


async def test_a_backend_that_breaks_at_the_end_does_not_keep_the_episode_open(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(FakeBackend):
        async def changes(self, store: object) -> dict[str, Change]:
            raise ZeroDivisionError

    api = Api(tmp_path, Broken())
    seat = await api.open()
    await seat.submit()
    end = api.record(seat).end
    assert end is not None
    assert (end.failed_by, api.backend.stores) == ("backend", [])
    assert "ZeroDivisionError" in caplog.text


async def test_two_episodes_never_see_each_other(api: Api) -> None:
    one, two = await api.open(), await api.open()
    await one.fhir("/Patient/p2")
    await one.flag()
    assert (await two.flag()).json()["error"] == "not_retrieved"
    await two.fhir("/Patient/p2")
    assert (await two.flag()).json()["finding_id"] == "F1"
    await one.submit()
    assert (await two.fhir("/Patient/p1")).headers["x-fhir-left"] == "10"


async def test_calls_of_one_episode_are_recorded_in_order(api: Api, seat: Seat) -> None:
    calls = [seat.fhir("/Patient/p1") if number % 2 else seat.act({}) for number in range(12)]
    await asyncio.gather(*calls)
    assert [line["seq"] for line in api.lines(seat)[1:]] == list(range(1, 13))


async def test_a_server_of_one_episode_is_busy_for_the_second(tmp_path: Path) -> None:
    api = Api(tmp_path, FakeBackend(single=True))
    first = await api.open()
    refused = await api.operator.post("/episodes", json={"task": "mock/tiny/0"})
    assert (refused.status_code, refused.json()["error"]) == (503, "busy")
    await first.submit()
    assert (await (await api.open()).brief()).status_code == 200


async def test_open_episodes_are_limited_and_ended_ones_forgotten(tmp_path: Path) -> None:
    api = Api(tmp_path, settings=Settings(agent_url="http://agent.test", open_max=1, ended_kept=1))
    seats = [await api.open()]
    refused = await api.operator.post("/episodes", json={"task": "mock/tiny/0"})
    assert (refused.status_code, refused.json()["error"]) == (503, "busy")
    for _ in range(3):
        await seats[-1].submit()
        seats.append(await api.open())
    assert [(await seat.brief()).status_code for seat in seats] == [401, 401, 410, 200]
