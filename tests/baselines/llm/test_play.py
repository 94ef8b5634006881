"""The model agent against a scripted endpoint over real HTTP."""

from typing import Any

import httpx
import orjson
import pytest
from starlette.responses import Response

from baselines import Limits, MissingKey, ModelProviderError, endpoint_of, model_agent
from baselines.llm.play import within
from tests.baselines.charts import person, study
from tests.baselines.llm.model_server import ScriptedModel, calls, says, serving
from tests.helpers.agent_api import FakeEpisode

FLAG = {"subject": "Patient/p", "type": "invalid_age"}
SUBMIT = calls(("submit_report", {"narrative": "done"}))


async def play(
    script: list[Any], episode: FakeEpisode | None = None, **limits: int
) -> tuple[ScriptedModel, FakeEpisode, list[float]]:
    """What the model was asked, the episode, and the waits."""
    episode = episode or FakeEpisode(person("p", born=None))
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async with serving(ScriptedModel(script)) as model, httpx.AsyncClient() as client:
        endpoint = endpoint_of(model.base_url, "some-model", "secret")
        await model_agent(endpoint, client, limits=Limits(**limits), sleep=wait)(episode.session(), 0)
    return model, episode, waits


def tool_answers(model: ScriptedModel) -> list[Any]:
    return [orjson.loads(m["content"]) for m in model.asked[-1]["messages"] if m["role"] == "tool"]


async def test_the_model_reads_flags_and_submits() -> None:
    look = calls(("fhir_search", {"query": "Patient?_sort=_id"}), ("fhir_read", {"reference": "Patient/p"}))
    model, episode, _ = await play([look, calls(("flag_finding", FLAG)), SUBMIT])
    page, read, flagged = tool_answers(model)
    assert [row["id"] for row in page["resources"]] == ["p"]
    assert (read["resource"]["id"], flagged["finding_id"]) == ("p", "f1")
    assert episode.flags == [{"action": "flag_finding", **FLAG}]
    assert episode.report == {"narrative": "done"}
    assert set(model.keys) == {"Bearer secret"}


async def test_the_model_gets_attached_text_as_words() -> None:
    look = calls(("fhir_read", {"reference": "DocumentReference/protocol"}))
    model, _, _ = await play([look, SUBMIT], FakeEpisode(study("Rule one: \u00b0C")))
    attachment = tool_answers(model)[0]["resource"]["content"][0]["attachment"]
    assert attachment == {"contentType": "text/markdown", "text": "Rule one: \u00b0C"}


async def test_tools_are_made_from_the_brief_without_references() -> None:
    model, _, _ = await play([SUBMIT])
    tools = {tool["function"]["name"]: tool["function"]["parameters"] for tool in model.asked[0]["tools"]}
    assert set(tools) == {"fhir_search", "fhir_read", "flag_finding", "retract_finding", "submit_report"}
    assert tools["flag_finding"]["properties"]["type"]["enum"][0] == "invalid_age"
    assert tools["flag_finding"]["required"] == ["subject", "type"]
    assert model.asked[0]["messages"][0]["content"] == "Audit\n\nFind what is wrong."


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (("flag_finding", {"subject": "Patient/x"}), "not_retrieved"),
        (("fhir_read", {"reference": "Patient/x"}), "not-found"),
        (("fhir_search", {"query": "http://elsewhere.test/x"}), "foreign_url"),
        (("launch_rocket", {}), "malformed"),
        (("fhir_read", "{not json"), "malformed"),
        (("fhir_read", "[]"), "malformed"),
        (("submit_report", {}), "malformed"),
    ],
)
async def test_a_refusal_is_told_to_the_model_and_ends_nothing(call: tuple[str, Any], error: str) -> None:
    model, episode, _ = await play([calls(call), SUBMIT])
    assert tool_answers(model)[0]["error"] == error
    assert episode.report == {"narrative": "done"}


async def test_a_spent_budget_is_told_to_the_model() -> None:
    spent = FakeEpisode(person("p"), actions_left=0)
    model, _, _ = await play([calls(("retract_finding", {"finding_id": "f1"})), SUBMIT], spent)
    assert tool_answers(model)[0]["error"] == "budget_spent"


async def test_a_large_page_loses_whole_resources_and_says_so() -> None:
    many = FakeEpisode([person(f"p{number:03d}")[0] for number in range(60)])
    look = calls(("fhir_search", {"query": "Patient?_sort=_id&_count=50"}))
    model, _, _ = await play([look, SUBMIT], many, answer=3000)
    page = tool_answers(model)[0]
    assert 0 < len(page["resources"]) < 50
    assert page["left_out"].startswith(f"{50 - len(page['resources'])} resources")
    assert "_getpages" in page["next"]


async def test_it_stops_at_the_turn_limit_without_a_report() -> None:
    model, episode, _ = await play([calls(("fhir_read", {"reference": "Patient/p"}))], turns=4)
    assert (len(model.asked), episode.report) == (4, None)


async def test_it_asks_a_silent_model_twice_and_then_lets_go() -> None:
    model, episode, _ = await play([says("I am done.")])
    assert (len(model.asked), episode.report) == (3, None)
    assert model.asked[-1]["messages"][-1]["content"].startswith("Use a tool")


async def test_a_busy_provider_is_waited_for_as_it_asks() -> None:
    busy = [Response(status_code=429, headers={"Retry-After": "7"}), Response(status_code=503)]
    _, episode, waits = await play([*busy, SUBMIT])
    assert waits == [7.0, 2.0]
    assert episode.report == {"narrative": "done"}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Response("bad key", status_code=401), "refused the call: HTTP 401: bad key"),
        (Response("down", status_code=500), "failed 6 times in a row, last: HTTP 500: down"),
        (Response("<html>", status_code=200), "no chat completion"),
        ({"tool_calls": [{"id": "x"}]}, "without id or function"),
    ],
)
async def test_a_failing_provider_is_named_as_such(answer: Any, message: str) -> None:
    with pytest.raises(ModelProviderError, match=message) as caught:
        await play([answer])
    assert "secret" not in str(caught.value)


async def test_an_episode_that_ends_ends_the_loop() -> None:
    model, _, _ = await play([calls(("submit_report", {"narrative": "a"}), ("fhir_read", {"reference": "Patient/p"}))])
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [((None, "m", None), "needs a model key"), ((None, "m", "k"), "base URL"), (("u", "", "k"), "model")],
)
def test_without_key_or_endpoint_nothing_starts(given: tuple[Any, ...], message: str) -> None:
    with pytest.raises(MissingKey, match=message):
        endpoint_of(*given)


@pytest.mark.parametrize(("limit", "left"), [(1000, "uaabac"), (310, "u[abac"), (100, "u[a[ac")])
def test_the_oldest_answers_go_first_and_the_unseen_one_stays(limit: int, left: str) -> None:
    turns = ({"role": role, "content": text} for c in "abc" for role, text in (("tool", c * 100), ("assistant", "a")))
    messages = [{"role": "user", "content": "u" * 50}, *turns][:-1]
    assert "".join(message["content"][0] for message in within(messages, limit)) == left
