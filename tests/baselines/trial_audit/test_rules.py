"""Rules on hand-written charts, read over HTTP: each row is one subject `p` and what is found about it."""

from typing import Any

import pytest

from baselines.trial_audit.chart import CAREFUL, Manner, read_chart
from baselines.trial_audit.rules import find_breaches
from tests.baselines.charts import fatal, given, index, person, stage, study
from tests.baselines.protocols import protocol_text
from tests.helpers.agent_api import FakeEpisode

Json = dict[str, Any]
STAGE_CODE = "399537006"


async def breaches(rows: list[Json], *, manner: Manner = CAREFUL, override: bool = True) -> list[tuple[str, ...]]:
    """(clause, *evidence) of each breach; the drug's and the index's system are the protocol's."""
    text = protocol_text().replace("http://ehr-sandbox.example/fhir/CodeSystem/trial-terms", "http://local.test/terms")
    chart = await read_chart(FakeEpisode([*study(text), *rows]).session(), manner)
    return [(b.clause, *b.evidence) for b in find_breaches(chart, override=override)]


P, RS, MA, ST, IX = "Patient/p", "ResearchSubject/rs-p", "MedicationAdministration/ma-p-1", "st-p-1", "ix-p-1"
ST, IX = f"Observation/{ST}", f"Observation/{IX}"


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        ("1983-03-01", []),
        ("1983-03-02", [("3.1", P, RS)]),
        ("1932-03-02", []),
        ("1932-03-01", [("3.1", P, RS)]),
        ("1913-03-01", [("3.1", P, RS)]),
        ("1912-03-01", [("3.2", P, RS)]),
        ("2023-03-02", [("3.2", P, RS)]),
        (None, [("3.2", P)]),
        ("1960", []),
        ("1990-07", [("3.1", P, RS)]),
    ],
)
async def test_age(born: str | None, expected: list[tuple[str, ...]]) -> None:
    assert await breaches(person("p", born=born)) == expected


@pytest.mark.parametrize("missing", [{"arm": None}, {"enrolled": None}])
async def test_a_screen_failure_breaks_nothing(missing: Json) -> None:
    assert await breaches([*person("p", born=None, **missing), given("p", "2024-01-01")]) == []


async def test_a_merged_duplicate_stands_for_the_survivor_and_is_not_read() -> None:
    rows = [*person("p"), *person("old", born="2020-01-01", died="2020-01-01", replaced_by="p")]
    assert await breaches([*rows, given("old", "2023-03-05")]) == []
    assert await breaches([*rows, given("old", "2023-05-05")]) == [("3.4", RS, "MedicationAdministration/ma-old-1")]


@pytest.mark.parametrize(
    ("died", "event", "expected"),
    [
        ("2023-03-10", None, []),
        ("2023-03-09", None, [("3.3", P, MA)]),
        (None, "2023-03-09", [("3.3", "AdverseEvent/ae-p", MA)]),
        ("2023-04-01", "2023-03-09", [("3.3", "AdverseEvent/ae-p", MA)]),
        ("2023-03-10T04:30:00Z", None, [("3.3", P, MA)]),
        ("2023-03-10T05:30:00Z", None, []),
    ],
)
async def test_death_before_treatment(died: str | None, event: str | None, expected: list[tuple[str, ...]]) -> None:
    rows = [*person("p", died=died), given("p", "2023-03-10"), given("p", "2023-03-02", key="0", status="not-done")]
    assert await breaches([*rows, *([fatal("p", event)] if event else [])]) == expected


@pytest.mark.parametrize(
    ("start", "rows", "expected"),
    [
        ("2023-03-22", [], []),
        ("2023-03-23", [stage("p", 3)], [("3.4", RS, MA, ST)]),
        ("2023-03-23", [], [("3.4", RS, MA)]),
        ("2023-04-01", [stage("p", 4), index("p", 3)], []),
        ("2023-04-01", [stage("p", 4)], []),
        ("2023-04-02", [stage("p", 4), index("p", 1)], [("3.4", RS, MA)]),
        ("2023-04-01", [stage("p", 4), index("p", 4)], [("3.4", RS, MA, ST, IX)]),
        ("2023-03-30", [stage("p", 3), stage("p", 4, "2023-02-25", key="2", status="entered-in-error")], "plain"),
        ("2023-03-30", [stage("p", 3), stage("p", 4, "2023-03-02", key="2")], "plain"),
        ("2023-03-30", [stage("p", 3), stage("p", 4, "2023-03-01", key="2", status="amended")], []),
        ("2023-03-30", [stage("p", 3), stage("p", 4, key="2")], []),
        ("2023-03-30", [stage("p", 4), stage("p", 3) | {"id": "st-p-0", "issued": "2023-02-21T00:00:00Z"}], "other"),
    ],
)
async def test_window(start: str, rows: list[Json], expected: Any) -> None:
    named = {"plain": [("3.4", RS, MA, ST)], "other": [("3.4", RS, MA, "Observation/st-p-0")]}
    found = await breaches([*person("p"), given("p", start), given("p", "2023-04-20", key="2"), *rows])
    assert found == (named[expected] if isinstance(expected, str) else expected)


async def test_the_heuristic_reading_ignores_override_and_status() -> None:
    rows = [*person("p"), given("p", "2023-04-01"), stage("p", 4), index("p", 4)]
    careless = Manner(any_status=True)
    assert await breaches(rows, manner=careless, override=False) == []
    early = given("p", "2023-03-05", key="0", status="entered-in-error")
    late = [*person("p"), given("p", "2023-05-01"), early]
    assert await breaches(late, manner=careless, override=False) == []
    assert await breaches(late) == [("3.4", RS, MA)]


async def test_two_breaches_of_one_subject_are_both_found() -> None:
    rows = [*person("p", born=None, died="2023-03-02"), given("p", "2023-05-01")]
    assert [found[0] for found in await breaches(rows)] == ["3.2", "3.3", "3.4"]
