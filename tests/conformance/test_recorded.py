"""The embedded engine answers 834 recorded requests as HAPI 8.8 did; docs/hapi-differences.md lists what differs."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache

import pytest

from fhir_r4 import HAPI
from fhir_server import EmbeddedBackend, fhir_app
from tests.conformance.differences import TABLE, Listed, allowed, differing_parts, explained, listed_differences
from tests.conformance.recorded import Case, empty_world, recorded_cases, start_transaction, start_world
from tests.conformance.replay import BASE, Replay, http
from tests.conftest import Tally

FHIR_JSON = {"content-type": "application/fhir+json"}
STARTS = ("world", "transaction")
STOCK = replace(HAPI, guides=())
"""The HAPI that was recorded knew the search parameters of the specification alone."""


@dataclass(frozen=True)
class Outcome:
    """differing: what is not as recorded, by case. texts: the same for a reader."""

    differing: dict[str, frozenset[str]]
    texts: dict[str, str]


@cache
def cases() -> list[Case]:
    return recorded_cases()


@cache
def listed() -> list[Listed]:
    return listed_differences(TABLE.read_text())


@pytest.fixture(scope="module", params=STARTS)
def outcome(request: pytest.FixtureRequest) -> Outcome:
    """Every case in order, on a world that was loaded, or written by a transaction into an empty server."""
    return asyncio.run(_replayed(request.param))


async def _replayed(start: str) -> Outcome:
    backend = EmbeddedBackend(rules=STOCK)
    world = start_world() if start == "world" else empty_world()
    app = fhir_app(backend, await backend.fork(await backend.load(world), BASE))
    if start == "transaction":
        status, _, body = await http(app, "POST", "/fhir", FHIR_JSON, start_transaction())
        assert status == 200, body
    replay = Replay(app)
    differing, texts = {}, {}
    for case in cases():
        path, answer = await replay.ask(case)
        parts = differing_parts(case.asked, case.answer, path, answer)
        if parts:
            differing[case.name] = parts
            lines = explained(case.asked, case.answer, path, answer)
            texts[case.name] = "\n    ".join([f"{case.name}: {case.method} {case.path}", *lines[:20]])
    return Outcome(differing, texts)


def test_every_answer_is_as_recorded_or_listed(outcome: Outcome, tally: Tally) -> None:
    unlisted = {
        name: sorted(parts - allowed(name, listed()))
        for name, parts in outcome.differing.items()
        if parts - allowed(name, listed())
    }
    total, differ = len(cases()), len(outcome.differing)
    tally(f"recorded answers: {total - differ} equal, {differ - len(unlisted)} listed, {len(unlisted)} not, of {total}")
    assert unlisted == {}, "\n".join(outcome.texts[name] for name in list(unlisted)[:20])


def test_every_listed_difference_is_still_there(outcome: Outcome) -> None:
    gone = [
        f"{row.cases}: {case.name} no longer differs in {sorted(row.parts - found)}"
        for row in listed()
        for case in cases()
        if allowed(case.name, [row]) and not row.parts <= (found := outcome.differing.get(case.name, frozenset()))
    ]
    assert gone == []


def test_every_row_names_a_case() -> None:
    assert [row.cases for row in listed() if not any(allowed(case.name, [row]) for case in cases())] == []


def test_every_case_has_a_name_of_its_own() -> None:
    assert [name for name, n in Counter(case.name for case in cases()).items() if n > 1] == []
