"""Whole agents on one small chart over HTTP."""

from typing import Any

import pytest

from baselines import AGENTS
from tests.baselines.charts import fatal, given, index, person, stage, study
from tests.baselines.protocols import protocol_text
from tests.helpers.agent_api import FakeEpisode

TERMS = "http://ehr-sandbox.example/fhir/CodeSystem/trial-terms"
AGENTS_HERE = AGENTS["trial_audit"]


def chart(**protocol: int) -> list[dict[str, Any]]:
    return [
        *study(protocol_text(**protocol).replace(TERMS, "http://local.test/terms")),
        *person("old", born="1900-01-01"),
        *person("young", born="2000-01-01", site="Organization/s2"),
        *person("unborn", born=None),
        *person("late", sex="male"),
        *person("void"),
        *person("dead", died="2023-04-01", sex="male", group="black"),
        *person("fine"),
        *person("screened", born=None, arm=None),
        *[given(name, "2023-03-05") for name in ("old", "young", "unborn", "fine")],
        given("late", "2023-05-05"),
        given("void", "2023-03-30"),
        given("dead", "2023-03-20"),
        given("dead", "2023-03-02", key="0", status="entered-in-error"),
        fatal("dead", "2023-03-15"),
        stage("void", 4),
        index("void", 4),
    ]


async def play(name: str, episode: FakeEpisode, seed: int = 0) -> list[tuple[str, str]]:
    await AGENTS_HERE[name](episode.session(), seed)
    return [(flag["subject"].removeprefix("ResearchSubject/rs-"), flag["type"]) for flag in episode.flags]


async def test_reference_flags_exactly_what_breaks_the_protocol_heaviest_first() -> None:
    episode = FakeEpisode(chart())
    assert await play("reference", episode) == [
        ("dead", "temporal_inconsistency"),
        ("old", "invalid_age"),
        ("unborn", "invalid_age"),
        ("young", "invalid_age"),
        ("late", "protocol_window_violation"),
        ("void", "protocol_window_violation"),
    ]
    actions = [flag["corrective_action"] for flag in episode.flags]
    assert actions == ["query_site", *["query_site"] * 2, "exclude_subject", *["report_deviation"] * 2]
    assert {flag["confidence"] for flag in episode.flags} == {1.0}


async def test_reference_reports_counts_and_sites_in_six_requests() -> None:
    episode = FakeEpisode(chart(escalate=3))
    await play("reference", episode)
    assert episode.report is not None
    assert episode.report["counts"] == {
        "invalid_age": 3,
        "protocol_window_violation": 2,
        "temporal_inconsistency": 1,
    }
    assert episode.report["sites_to_escalate"] == ["Organization/s1"]
    assert "cohort" not in episode.report
    assert len(episode.requests) == 6


async def test_reference_answers_the_equity_clause_where_there_is_one() -> None:
    episode = FakeEpisode(chart(dominance=70, male=20, gap=15))
    await play("reference", episode)
    assert episode.report is not None
    assert episode.report["cohort"] == {
        "verdict": "confounded",
        "confidence": 1.0,
        "dominance": 0.857143,
        "male": 0.285714,
        "crude_gap": 1.0,
        "adjusted_gap": 0.0,
    }


async def test_reference_spends_the_last_actions_on_the_heaviest_and_still_reports() -> None:
    episode = FakeEpisode(chart(), actions_left=4)
    assert len(await play("reference", episode)) == 4
    assert episode.report is not None


async def test_noop_leaves_nothing_behind() -> None:
    episode = FakeEpisode(chart())
    assert await play("noop", episode) == []
    assert (episode.requests, episode.report) == ([], None)


async def test_flag_all_goes_by_id_until_it_is_refused() -> None:
    episode = FakeEpisode(chart(), actions_left=4)
    found = await play("flag_all", episode)
    assert [subject for subject, _ in found] == ["dead", "dead", "dead", "fine"]
    assert {flag["confidence"] for flag in episode.flags} == {1.0}


async def test_random_draws_the_same_for_the_same_seed() -> None:
    same = [await play("random", FakeEpisode(chart()), seed) for seed in (1, 1, 2)]
    assert same[0] == same[1] != same[2]
    assert len(same[0]) == 50


async def test_constant_says_one_thing_of_every_enrolled_subject() -> None:
    episode = FakeEpisode(chart())
    found = await play("constant", episode)
    assert len(found) == 7
    assert {(flag["type"], flag["confidence"]) for flag in episode.flags} == {("invalid_age", 0.055)}


async def test_label_blind_does_not_see_birth_dates() -> None:
    rows = chart()
    blind = [row | {"birthDate": "1950-01-01"} if row["resourceType"] == "Patient" else row for row in rows]
    assert await play("label_blind", FakeEpisode(rows)) == await play("label_blind", FakeEpisode(blind))


@pytest.mark.parametrize("name", ["naive", "heuristic"])
async def test_shallow_readers_report_what_they_flagged(name: str) -> None:
    episode = FakeEpisode(chart(dominance=70, male=20, gap=15))
    found = await play(name, episode)
    assert episode.report is not None
    assert sum(episode.report["counts"].values()) == len(found)


async def test_heuristic_takes_any_status_and_the_extension_for_granted() -> None:
    found = await play("heuristic", FakeEpisode(chart()))
    assert ("dead", "temporal_inconsistency") not in found
    assert ("void", "protocol_window_violation") not in found
    assert ("late", "protocol_window_violation") in found


async def test_naive_reads_one_page_of_each_search() -> None:
    many = [row for number in range(150) for row in person(f"p{number:03d}", born=None)]
    episode = FakeEpisode([*study(protocol_text()), *many])
    assert len({subject for subject, _ in await play("naive", episode)}) == 50
    assert len(episode.requests) == 6
