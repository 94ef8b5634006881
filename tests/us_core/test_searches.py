"""Every SHALL and SHOULD search of US Core 6.1.0 on every profile that has data, with values taken from the data: both
servers find what the resources themselves say, by GET and by POST."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from fhir_r4 import parse_exact, reference_of
from fhir_seed.trial_audit import build
from fhir_server import read_source
from tasks import PUBLIC_SALT, Address
from tests.fhir_server.test_us_core import REFUSED
from tests.helpers.whole import WHOLE
from tests.synthea.population import resources as literal
from tests.synthea.population import sample
from tests.us_core.derive import Search, searches
from tests.us_core.paths import values
from tests.us_core.servers import Found, Server, embedded, hapi_with
from tests.us_core.table import Profile, read_profiles

EACH = 20 if WHOLE else 2
"""Resources of a profile whose values each of its searches takes; HAPI, which is slower, gets half."""
PROFILES = read_profiles()
EXAMPLES = Path(__file__).parents[1] / "data" / "us-core-6.1-examples.ndjson.gz"

Resource = dict[str, Any]

INCLUDED = {
    "CareTeam:participant": "participant.member",
    "MedicationDispense:medication": "medication",
    "MedicationRequest:medication": "medication",
    "PractitionerRole:endpoint": "endpoint",
    "PractitionerRole:practitioner": "practitioner",
}


def world(variant: str = "tiny") -> list[Resource]:
    """A world, and Provenance of one resource of each profile: worlds have none themselves."""
    rows = build(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=0)).world.resources
    resources: list[Resource] = [parse_exact(row) for row in rows]
    targets = [r for profile in PROFILES if profile.revincludes for r in profile.of(resources)[:3]]
    who = next(r for r in resources if r["resourceType"] == "Practitioner")
    return resources + [provenance(n, reference_of(r), reference_of(who)) for n, r in enumerate(targets)]


def provenance(number: int, target: str, who: str) -> Resource:
    return {
        "resourceType": "Provenance",
        "id": f"provenance-{number}",
        "target": [{"reference": target}],
        "recorded": "2026-02-01T09:00:00Z",
        "agent": [{"who": {"reference": who}}],
    }


def examples() -> list[Resource]:
    """The IG's own, without those that both servers refuse."""
    resources: list[Resource] = [parse_exact(text) for text in read_source(EXAMPLES).resources]
    return [r for r in resources if reference_of(r) not in REFUSED]


def patients() -> list[Resource]:
    """Two of Synthea's."""
    return literal(sample())


DATA: dict[str, Callable[[], list[Resource]]] = {"world": world, "examples": examples, "patients": patients}


def derived(resources: Sequence[Resource], each: int = EACH) -> list[Search]:
    found = [s for profile in PROFILES for s in searches(profile, profile.of(resources), each)]
    return list({search.address: search for search in found}.values())


def included(search: Search, matches: frozenset[str], resources: Sequence[Resource]) -> set[str]:
    """What `_include` and `_revinclude` must bring."""
    present = {reference_of(r) for r in resources}
    if search.extra == (("_revinclude", "Provenance:target"),):
        rows = [r for r in resources if r["resourceType"] == "Provenance"]
        return {reference_of(r) for r in rows if matches & set(values(r, "target.reference"))} - matches
    wanted: set[str] = set()
    for _, path in search.extra:
        kind, parameter, *target = path.split(":")
        rows = [r for r in resources if reference_of(r) in matches]
        found = {ref for r in rows for ref in values(r, f"{INCLUDED[f'{kind}:{parameter}']}.reference")}
        wanted |= {ref for ref in found & present if not target or ref.startswith(f"{target[0]}/")}
    return wanted - matches


async def differences(
    server: Server, resources: Sequence[Resource], each: int = EACH, post_every: int = 1
) -> tuple[list[str], Counter[str]]:
    """One line per wrong answer; and how many searches were asked and found something."""
    by_type: dict[str, list[Resource]] = {}
    for resource in resources:
        by_type.setdefault(resource["resourceType"], []).append(resource)
    wrong, counts = [], Counter[str]()
    for number, search in enumerate(derived(resources, each)):
        got = await server.get(search.address)
        if number % post_every == 0 and (posted := await server.post(search.address)) != got:
            wrong.append(f"{search.address}: POST finds {posted}, GET {got}")
        matches = search.matches(by_type[search.type])
        extra = included(search, matches, resources)
        counts.update([search.expectation] + ["with matches"] * bool(matches) + ["with includes"] * bool(extra))
        if (got.status, sorted(got.matches), set(got.includes)) != (200, sorted(matches), extra):
            wrong.append(f"{search.address}: {_difference(got, matches, extra)}")
    return wrong, counts


def _difference(got: Found, matches: frozenset[str], extra: set[str]) -> str:
    missing, other = sorted(matches - set(got.matches))[:5], sorted(set(got.matches) - matches)[:5]
    includes = sorted(set(got.includes) ^ extra)[:5]
    return f"{got.status} {got.said[:200]} missing {missing}, not expected {other}, includes {includes}"


@pytest.mark.parametrize("data", DATA)
async def test_embedded_finds_what_the_resources_say(data: str, tally: Callable[[str], None]) -> None:
    resources = DATA[data]()
    async with embedded(resources) as server:
        wrong, counts = await differences(server, resources)
    assert wrong == []
    tally(f"US Core searches of {data}, embedded: {dict(counts)}")


@pytest.mark.hapi
@pytest.mark.parametrize("data", DATA if WHOLE else ["world", "examples"])
async def test_hapi_finds_what_the_resources_say(data: str, empty_hapi: str, tally: Callable[[str], None]) -> None:
    resources = DATA[data]()
    async with hapi_with(empty_hapi, resources) as server:
        wrong, counts = await differences(server, resources, each=EACH // 2, post_every=1 if WHOLE else 4)
    assert wrong == []
    tally(f"US Core searches of {data}, HAPI: {dict(counts)}")


def test_the_searches_that_a_world_has_no_data_for_are_those_known() -> None:
    resources = world()
    profiles = [profile for profile in PROFILES if profile.of(resources)]
    without = {
        f"{p.type}?{'&'.join(names)}"
        for p in profiles
        for names, _ in p.searches
        if not any(all(values_of(p, name, r) for name in names) for r in p.of(resources))
    }
    assert len(profiles) == 17
    assert without == {"Condition?patient&asserted-date", "Condition?patient&category&encounter"}


def values_of(profile: Profile, name: str, resource: Resource) -> list[Any]:
    return [value for path in profile.parameters[name].paths for value in values(resource, path)]
