"""What HAPI 8.8.0 answered to searches on sixteen resources, and what the specification asks instead of some of it."""

import asyncio
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from fhir_r4 import HAPI, R4, Request, Rules
from fhir_server import EmbeddedBackend
from fhir_server.store import EpisodeStore
from tests.helpers.fhir import observation, world_of

DATA = Path(__file__).parent.parent / "data"
ANSWERS = [orjson.loads(line) for line in (DATA / "search-answers.jsonl").read_bytes().splitlines()]


@cache
def _server(rules: Rules) -> tuple[EmbeddedBackend, EpisodeStore]:
    backend = EmbeddedBackend(rules=rules)
    start = map(orjson.loads, (DATA / "search-answers-start.ndjson").read_bytes().splitlines())
    handle = asyncio.run(backend.load(world_of(start)))
    return backend, backend.fork_now(handle, "http://x/fhir")


def _ask(search: str, rules: Rules) -> tuple[int, list[str] | str]:
    """(status, sorted ids of the matches, or the diagnostics of an error)"""
    backend, store = _server(rules)
    path, _, query = search.partition("?")
    response = backend.answer(store, Request("GET", path, quote(query, safe="&=:,.$|%*+\\~/")))
    body: dict[str, Any] = orjson.loads(response.body)
    if body["resourceType"] == "Bundle":
        return response.status, sorted(entry["resource"]["id"] for entry in body.get("entry", ()))
    return response.status, body["issue"][0]["diagnostics"]


@pytest.mark.parametrize(("search", "status", "expected"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_hapi_and_this_server_answer_alike(search: str, status: int, expected: list[str] | str) -> None:
    found_status, found = _ask(search, HAPI)
    if isinstance(expected, str):
        assert (found_status, found[: len(expected)]) == (status, expected)
    else:
        assert (found_status, found) == (status, expected)


REFUSED = 400
RULES: list[tuple[str, list[str] | int, list[str] | int]] = [
    ("Encounter?date=ge2020-01", ["qa-e1"], []),
    ("Observation?date=2020-01-15,2020-03", ["qa-o1", "qa-o2"], REFUSED),
    ("Observation?date=ge2020&date=ge2020-02&date=le2020-12-31", ["qa-o2", "qa-o3"], REFUSED),
    ("Observation?date=ap2020-01", ["qa-o1", "qa-o3"], REFUSED),
    ("Observation?value-quantity=gt50,5.4", ["qa-o1", "qa-o2"], ["qa-o2"]),
    ("Observation?value-quantity=5", ["qa-o1"], []),
    ("Observation?value-quantity=5.40", ["qa-o1"], ["qa-o1"]),
    ("Observation?value-quantity=1e2", ["qa-o2"], ["qa-o2"]),
    ("Observation?value-quantity=100||millimole", ["qa-o2"], []),
    ("Observation?value-quantity=sa50", ["qa-o2"], REFUSED),
    ("Observation?combo-code-value-quantity=x1$1", ["qa-o4"], ["qa-o4"]),
    ("Observation?combo-code-value-quantity=x1$2", [], ["qa-o4"]),
    ("Observation?component-code-value-quantity=x1$gt1,x2$gt1", ["qa-o4"], ["qa-o4"]),
    ("Observation?combo-code-value-quantity=c1$5.4", ["qa-o1"], ["qa-o1"]),
    ("Observation?patient._id=qa-p1", ["qa-o1"], []),
    ("Observation?patient=http://x/fhir/Patient/qa-p1", ["qa-o1"], []),
    ("Observation?patient.birthdate:missing=true", ["qa-o2"], ["qa-o1", "qa-o2"]),
    ("Patient?_has:Observation:patient:code:not=c1", ["qa-p2"], REFUSED),
    ("Patient?_id:not=nobody", ["qa-p1", "qa-p2"], []),
    ("Patient?_tag:missing=true", [], ["qa-p1", "qa-p2"]),
    ("Patient?_tag=http://qa.example/cs|", ["qa-p1", "qa-p2"], REFUSED),
    ("Patient?family=qaMu_l", ["qa-p1"], ["qa-p1"]),
    ("Patient?family=qaSm_th", [], ["qa-p2"]),
    ("Patient?_lastUpdated=2026-03-02", ["qa-p1", "qa-p2"], ["qa-p1", "qa-p2"]),
    ("Patient?_lastUpdated=2026-03-03", [], ["qa-p1", "qa-p2"]),
    ("Patient?_foo=1", REFUSED, ["qa-p1", "qa-p2"]),
    ("Patient?family:bogus=qasmith", REFUSED, ["qa-p2"]),
    ("Patient?gender:missing=maybe", REFUSED, ["qa-p1", "qa-p2"]),
]


@pytest.mark.parametrize(("search", "r4", "hapi"), RULES, ids=[row[0] for row in RULES])
def test_each_rule_follows_the_specification_or_hapi(search: str, r4: object, hapi: object) -> None:
    for rules, expected in ((R4, r4), (HAPI, hapi)):
        status, found = _ask(search, rules)
        assert (status if expected == REFUSED else found) == expected, rules.name


@pytest.mark.parametrize(("rules", "found"), [(HAPI, []), (R4, ["cold", "colder"])])
def test_ap_finds_nothing_near_a_negative_number_on_hapi(rules: Rules, found: list[str]) -> None:
    values = {"cold": -10, "colder": -11, "coldest": -12, "warm": 10}
    rows = [observation(id, "p", valueQuantity={"value": value}) for id, value in values.items()]
    backend = EmbeddedBackend(rules=rules)
    store = backend.fork_now(asyncio.run(backend.load(world_of(rows))), "http://x/fhir")

    def ids(query: str) -> list[str]:
        page = orjson.loads(backend.answer(store, Request("GET", "Observation", query)).body)
        return sorted(entry["resource"]["id"] for entry in page.get("entry", ()))

    assert (ids("value-quantity=ap-10"), ids("value-quantity=ap10")) == (found, ["warm"])


def test_a_value_set_may_include_and_exclude_others() -> None:
    backend, store = EmbeddedBackend(), None
    codes = [{"code": "c1"}, {"code": "c2"}, {"code": "c3"}]
    sets = [
        {"id": "a", "url": "http://a", "compose": {"include": [{"system": "s", "concept": codes}]}},
        {"id": "b", "url": "http://b", "expansion": {"contains": [{"system": "s", "code": "c2"}]}},
        {
            "id": "c",
            "url": "http://c",
            "compose": {"include": [{"valueSet": ["http://a"]}], "exclude": [{"valueSet": ["http://b"]}]},
        },
        {"id": "d", "url": "http://d", "compose": {"include": [{"valueSet": ["http://d"]}]}},
        {"id": "e", "url": "http://e", "compose": {"include": [{"system": "s"}]}},
    ]
    observations = [
        {"resourceType": "Observation", "id": f"o{n}", "code": {"coding": [{"system": "s", "code": f"c{n}"}]}}
        for n in range(1, 5)
    ]
    world = world_of([{"resourceType": "ValueSet", "status": "active", **one} for one in sets] + observations)
    store = backend.fork_now(asyncio.run(backend.load(world)), "http://x/fhir")
    found = orjson.loads(backend.answer(store, Request("GET", "Observation", "code:in=http://c")).body)
    assert [entry["resource"]["id"] for entry in found["entry"]] == ["o1", "o3"]
    refused = [backend.answer(store, Request("GET", "Observation", f"code:in=http://{name}")).status for name in "de"]
    assert refused == [400, 400]


def test_texts_of_many_are_indexed_and_those_of_a_few_are_read() -> None:
    code = {"coding": [{"code": "1", "display": "Heart rate"}]}
    rows = [{"resourceType": "Observation", "id": f"o{n}", "code": code} for n in range(2100)]
    backend = EmbeddedBackend()
    store = backend.fork_now(asyncio.run(backend.load(world_of(rows))), "http://x/fhir")

    def count(query: str) -> int:
        total: int = orjson.loads(backend.answer(store, Request("GET", "Observation", f"{query}&_summary=count")).body)[
            "total"
        ]
        return total

    segment = store.world.segments["Observation"]
    assert (count("code:text=heart&_id=o1,o2"), segment.texts) == (2, None)
    assert (count("code:text=heart"), count("code:text=rate"), count("code:text=he_rt&_id=o5")) == (2100, 0, 1)
    assert segment.texts is not None
