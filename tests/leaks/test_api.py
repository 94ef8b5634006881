"""Leak channels 5, 6 and 7 at the border of the API, and the two tokens."""

from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from fhir_server import EmbeddedBackend
from tests.helpers.fakes import OPERATOR_TOKEN, Api, FakeBackend, Json, Seat

SHARED: list[Json] = [{"resourceType": "Patient", "id": f"p{number}"} for number in range(30)]


@pytest.fixture(params=["fake", "embedded"])
def api(tmp_path: Path, request: pytest.FixtureRequest) -> Api:
    """On the engine, and on a careless server that honours a page id in whatever episode it is asked."""
    return Api(tmp_path, FakeBackend() if request.param == "fake" else EmbeddedBackend(), resources=SHARED)


async def next_page(seat: Seat) -> str:
    """The link to a second page, below the base."""
    links = (await seat.fhir("/Patient?_count=10&_sort=_id")).json()["link"]
    return str(next(link["url"] for link in links if link["relation"] == "next")).removeprefix(seat.base)


def page_id(link: str) -> str:
    return parse_qs(link.partition("?")[2])["_getpages"][0]


def told(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """All that an agent can see."""
    return answer.status_code, answer.content, {k: v for k, v in answer.headers.items() if k != "date"}


async def test_a_page_is_of_the_episode_that_received_it(api: Api) -> None:
    one, two = await api.open(), await api.open()
    page = await next_page(one)
    unknown = page.replace(page_id(page), page_id(page)[::-1])
    await two.fhir("/Patient/p1")
    foreign = await two.fhir(page)
    assert foreign.status_code == 410
    assert told(foreign) == told(await one.fhir(unknown))
    assert (await one.fhir(page)).status_code == 200


async def test_a_page_does_not_outlive_its_episode(api: Api) -> None:
    one = await api.open()
    page = await next_page(one)
    await one.submit()
    assert (await (await api.open()).fhir(page)).status_code == 410


async def test_a_page_cannot_be_smuggled_in_by_a_search_that_repeats_it(api: Api) -> None:
    one, two = await api.open(), await api.open()
    page = await next_page(one)
    await two.raw(f'/Patient?name="{two.base}?_getpages={page_id(page)}')
    await two.raw(f"/Patient?name={two.base}?_getpages={page_id(page)}")
    assert (await two.fhir(page)).status_code == 410


async def test_a_link_of_another_episode_needs_its_token(api: Api) -> None:
    one, two = await api.open(), await api.open()
    link = one.base + await next_page(one)
    assert (await api.http.get(link, headers=two.headers)).status_code == 401


async def test_not_retrieved_and_absent_are_the_same_words(api: Api) -> None:
    one, two = await api.open(), await api.open()
    assert told(await one.flag("Patient/p1")) == told(await two.flag("Patient/absent"))
    await one.fhir("/Patient/p2")
    await two.fhir("/Patient/p2")
    answers = [await one.flag("Patient/p2", "Patient/p1"), await two.flag("Patient/p2", "Observation/absent")]
    assert told(answers[0]) == told(answers[1])


async def test_unknown_episode_wrong_token_and_none_look_the_same(api: Api) -> None:
    seat = await api.open()
    other = await api.open()
    for path in ("/brief", "/fhir/Patient", "/fhir"):
        answers = [
            told(await api.http.get(f"/episodes/{episode}{path}", headers=headers))
            for episode, headers in (
                (seat.episode, {}),
                (seat.episode, {"authorization": "Bearer wrong"}),
                (seat.episode, {"authorization": f"Basic {seat.token}"}),
                (seat.episode, other.headers),
                (seat.episode, {"authorization": f"Bearer {OPERATOR_TOKEN}"}),
                ("unknown", seat.headers),
            )
        ]
        assert {answer[0] for answer in answers} == {401}
        assert all(answer == answers[0] for answer in answers)
    assert len(api.lines(seat)) == 1


@pytest.mark.parametrize("path", ["/actions", "/submit"])
async def test_nobody_acts_without_the_token(api: Api, path: str) -> None:
    seat = await api.open()
    answer = await api.http.post(f"/episodes/{seat.episode}{path}", json={})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


OPERATOR_PATHS = ["/tasks", "/episodes", "/health", "/episodes/e0001/record", "/episodes/e0001/grade"]


@pytest.mark.parametrize("path", OPERATOR_PATHS)
async def test_operator_paths_are_not_there_for_the_agent(api: Api, path: str) -> None:
    seat = await api.open()
    for headers in (seat.headers, {"authorization": f"Bearer {OPERATOR_TOKEN}"}):
        assert (await api.http.get(path, headers=headers)).status_code == 404


@pytest.mark.parametrize("path", [path for path in OPERATOR_PATHS if path != "/health"])
async def test_an_agents_token_opens_nothing_of_the_operators(api: Api, path: str) -> None:
    seat = await api.open()
    for headers in (seat.headers, {"authorization": ""}):
        assert (await api.operator.get(path, headers=headers)).status_code == 401


async def test_the_agents_openapi_names_its_own_paths_only(api: Api) -> None:
    document = (await api.http.get("/openapi.json")).json()
    assert set(document["paths"]) == {
        "/episodes/{episode}/brief",
        "/episodes/{episode}/actions",
        "/episodes/{episode}/submit",
    }
    assert "Scorecard" not in str(document)


async def test_agents_see_neither_task_nor_world_nor_upstream(api: Api) -> None:
    seat: Seat = await api.open()
    seen = [
        await seat.brief(),
        await seat.fhir("/Patient/p1"),
        await seat.fhir("/Patient"),
        await seat.fhir("/metadata"),
        await seat.flag("Patient/p1"),
        await seat.submit(),
    ]
    header = api.record(seat).header
    for answer in seen:
        text = answer.text + str(answer.headers)
        assert not any(secret in text for secret in (header.task, header.world_digest, "upstream", '"public"'))


@pytest.mark.parametrize(
    "path", ["/actuator/health", "/$reset", "/$expunge", "/admin", "/swagger-ui/", "/api-docs", "/tester", "/home"]
)
async def test_upstream_pages_are_not_reachable(api: Api, path: str) -> None:
    seat = await api.open()
    assert (await seat.raw(path)).status_code == 403
    assert (await api.http.get(path, headers=seat.headers)).status_code == 404
    assert [call["issue"] for call in api.lines(seat)[1:]] == ["forbidden"]
