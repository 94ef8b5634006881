"""The embedded server and a real HAPI answer the same on data that no one here wrote, by Synthea: 100 searches over two
patients; with EHR_SANDBOX_CONTRACT=whole (`make contract`) 500 over all 20."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from fhir_r4 import dump_exact
from tests.helpers.whole import WHOLE
from tests.synthea.derive import addresses
from tests.synthea.population import Bundle, Resource, population, resources, sample
from tests.us_core.servers import Found, Server, embedded, hapi_with

PAGES = 3
"""Pages of an answer that are read; of longer ones only the totals and lengths are compared."""


async def differences(one: Server, other: Server, searches: Sequence[str]) -> tuple[list[str], int]:
    """One line per search that is answered differently; and how many found something."""
    differ, found = [], 0
    for search in searches:
        first, second = await one.get(search, PAGES), await other.get(search, PAGES)
        found += bool(first.matches)
        if _compared(first, search) != _compared(second, search):
            differ.append(f"{search}:\n  {_brief(first)}\n  {_brief(second)}")
    return differ, found


def _compared(found: Found, search: str) -> tuple[Any, ...]:
    if not found.complete:
        return found.status, found.total, len(found.matches)
    matches = found.matches if "_sort" in search else tuple(sorted(found.matches))
    return found.status, found.total, matches, sorted(found.includes)


def _brief(found: Found) -> str:
    return f"{found.status} total {found.total} {len(found.matches)} {found.matches[:4]} {found.said[:200]}"


async def same_on_both(base: str, rows: list[Resource], number: int, tally: Callable[[str], None]) -> None:
    searches = addresses(rows, number)
    assert len(searches) == number
    async with hapi_with(base, rows) as hapi, embedded(rows) as ours:
        differ, found = await differences(hapi, ours, searches)
    assert differ == []
    tally(f"Synthea: {len(rows)} resources, {number} searches equal on both servers, {found} of them found something")


@pytest.mark.hapi
async def test_100_searches_over_two_patients_are_equal_on_both_servers(
    empty_hapi: str, tally: Callable[[str], None]
) -> None:
    await same_on_both(empty_hapi, resources(sample()), 100, tally)


@pytest.mark.hapi
@pytest.mark.slow
@pytest.mark.skipif(not WHOLE, reason="EHR_SANDBOX_CONTRACT=whole generates all 20 patients (several minutes)")
async def test_500_searches_over_20_patients_are_equal_on_both_servers(
    empty_hapi: str, request: pytest.FixtureRequest, tally: Callable[[str], None]
) -> None:
    cache = request.config.cache
    assert cache is not None
    await same_on_both(empty_hapi, resources(population(cache)), 500, tally)


async def stored(server: Server, bundles: Sequence[Bundle]) -> dict[str, int]:
    """How many resources of each type there are after the bundles were sent as Synthea exports them."""
    headers = {"content-type": "application/fhir+json"}
    for bundle in [*bundles, *[b for b in bundles if b["type"] == "batch"]]:
        answer = await server.client.post(server.base, content=dump_exact(bundle), headers=headers)
        assert answer.status_code == 200, answer.text[:500]
        statuses = {entry["response"]["status"][:3] for entry in answer.json()["entry"]}
        assert statuses <= {"200", "201"}, statuses
    kinds = sorted({entry["resource"]["resourceType"] for bundle in bundles for entry in bundle["entry"]})
    return {kind: (await server.get(f"{kind}?_summary=count")).total or 0 for kind in kinds}


async def test_the_exported_bundles_are_taken_as_they_are_and_what_is_to_be_there_once_is_there_once() -> None:
    async with embedded([]) as server:
        counts = await stored(server, sample())
        roles = counts.pop("PractitionerRole")
        referring = (
            await server.get("Encounter?location:missing=false&participant:missing=false&_summary=count")
        ).total
    expected: dict[str, int] = {}
    for node in resources(sample()):
        expected[node["resourceType"]] = expected.get(node["resourceType"], 0) + 1
    assert roles == 2 * expected.pop("PractitionerRole")
    assert counts == expected
    assert referring == expected["Encounter"]


@pytest.mark.hapi
async def test_a_real_hapi_takes_the_same_bundles(empty_hapi: str) -> None:
    async with hapi_with(empty_hapi, []) as hapi, embedded([]) as ours:
        assert await stored(hapi, sample()) == await stored(ours, sample())
