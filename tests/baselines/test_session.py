import httpx
import pytest

from baselines import AgentSession, BudgetSpent, EpisodeOver, Refused, ServerTrouble
from tests.baselines.charts import person
from tests.helpers.agent_api import BASE, FakeEpisode


def patients(count: int) -> list[dict[str, object]]:
    return [person(f"p{number:03d}")[0] for number in range(count)]


async def test_search_follows_next_links_to_the_last_page_in_order_of_ids() -> None:
    episode = FakeEpisode(patients(250))
    found = [row["id"] async for row in episode.session().search("Patient")]
    assert found == [f"p{number:03d}" for number in range(250)]
    assert len(episode.requests) == 3


async def test_headers_say_what_is_left() -> None:
    episode = FakeEpisode(patients(1), fhir_left=7, actions_left=3)
    session = episode.session()
    await session.read("Patient/p000")
    finding = await session.flag("Patient/p000", "invalid_age", confidence=1.0, corrective_action="query_site")
    assert (finding, session.fhir_left, session.actions_left) == ("f1", 6, 2)


async def test_a_spent_fhir_budget_is_told_from_a_refused_request() -> None:
    session = FakeEpisode(patients(1), fhir_left=2).session()
    with pytest.raises(Refused, match="not-found: Patient/nobody is not known"):
        await session.read("Patient/nobody")
    await session.read("Patient/p000")
    with pytest.raises(BudgetSpent, match="budget is spent"):
        await session.read("Patient/p000")


async def test_flag_without_retrieval_is_refused_and_without_actions_is_spent() -> None:
    session = FakeEpisode(patients(1), actions_left=1).session()
    with pytest.raises(Refused, match="not_retrieved"):
        await session.flag("Patient/p000", "invalid_age", confidence=1.0, corrective_action="query_site")
    with pytest.raises(BudgetSpent):
        await session.retract("f1")


async def test_amend_sends_only_what_changes() -> None:
    episode = FakeEpisode(patients(1))
    await episode.session().amend("f1", confidence=0.4)
    assert episode.flags == [{"action": "amend_finding", "finding_id": "f1", "confidence": 0.4}]


async def test_after_submit_everything_is_over() -> None:
    session = FakeEpisode(patients(1)).session()
    with pytest.raises(Refused, match="narrative is missing"):
        await session.submit({})
    await session.submit({"narrative": "done"})
    for call in (session.brief(), session.read("Patient/p000"), session.retract("f1"), session.submit({})):
        with pytest.raises(EpisodeOver, match="the episode is over"):
            await call


async def test_server_errors_and_silence_are_trouble() -> None:
    with pytest.raises(ServerTrouble, match="503: made to fail"):
        await FakeEpisode(trouble={"/fhir/Patient": 503}).session().get("Patient")
    async with httpx.AsyncClient() as client:
        with pytest.raises(ServerTrouble, match="no answer"):
            await AgentSession(client, "http://127.0.0.1:9/episodes/e1", "t").brief()


async def test_wrong_token_is_refused() -> None:
    transport = httpx.ASGITransport(app=FakeEpisode().app)
    with pytest.raises(Refused, match="wrong token"):
        await AgentSession(httpx.AsyncClient(transport=transport), BASE, "guess").brief()


async def test_get_takes_a_next_link_but_no_foreign_address() -> None:
    episode = FakeEpisode(patients(30))
    session = episode.session()
    first = await session.get("Patient?_sort=_id&_count=20")
    second = await session.get(first["link"][1]["url"])
    assert len(second["entry"]) == 10
    with pytest.raises(Refused, match="foreign_url"):
        await session.get("http://elsewhere.test/steal")
