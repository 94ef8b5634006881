"""Leak channel 3: versions and metadata of base resources are the same for all."""

from collections import defaultdict
from collections.abc import Iterator

import orjson
import pytest

from ehr_sandbox.probes.chart_features import kind_of
from ehr_sandbox.wire import open_backend
from fhir_r4 import Request, World
from fhir_seed.trial_audit import build
from tasks import PUBLIC_SALT, Address


@pytest.fixture(scope="module", params=["tiny", "medium", "hard"])
def world(request: pytest.FixtureRequest) -> World:
    return build(PUBLIC_SALT, Address(suite="trial_audit", variant=request.param, index=5)).world


def parts(node: object) -> Iterator[dict[str, object]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from parts(value)
    elif isinstance(node, list):
        for value in node:
            yield from parts(value)


def test_resources_say_nothing_of_themselves_but_profiles_alike_for_each_kind(world: World) -> None:
    claimed = defaultdict(set)
    for row in map(orjson.loads, world.resources):
        meta = row.get("meta", {})
        assert set(meta) <= {"profile"}
        claimed[kind_of(row)].add(tuple(meta.get("profile", ())))
    assert {kind: profiles for kind, profiles in claimed.items() if len(profiles) > 1} == {}


def test_nothing_is_tagged_inside_either(world: World) -> None:
    for row in map(orjson.loads, world.resources):
        inside = list(parts(row))[1:]
        assert not any(
            key in part for part in inside for key in ("meta", "versionId", "lastUpdated", "tag", "security")
        )
        assert not {"text", "contained", "implicitRules", "language", "modifierExtension"} & set(row)


async def served(url: str | None, world: World) -> set[tuple[str, str, str]]:
    """(version, last updated, ETag) of every base resource as the backend answers it, in searches and reads."""
    backend = open_backend(url)
    store = await backend.fork(await backend.load(world), "http://sandbox.local/fhir")
    found = set()
    for kind in world.counts:
        first = orjson.loads((await backend.send(store, Request("GET", kind, "_sort=_id&_count=100"))).body)
        metas = [entry["resource"]["meta"] for entry in first["entry"]]
        read = await backend.send(store, Request("GET", f"{kind}/{first['entry'][0]['resource']['id']}", ""))
        tag = {name.lower(): value for name, value in read.headers.items()}["etag"]
        found |= {(meta["versionId"], meta["lastUpdated"], tag) for meta in metas}
        assert all(set(meta) <= {"versionId", "lastUpdated", "profile"} for meta in metas)
    await backend.close(store)
    await backend.aclose()
    return found


async def test_every_base_resource_is_served_as_version_1_of_one_moment(world: World) -> None:
    found = await served(None, world)
    assert len(found) == 1
    assert {(version, tag) for version, _, tag in found} == {("1", 'W/"1"')}


@pytest.mark.hapi
async def test_a_real_server_has_version_1_of_every_base_resource_and_tags_none(hapi: str) -> None:
    """Its clock stamps the load, in write order; that order is random."""
    world = build(PUBLIC_SALT, Address(suite="trial_audit", variant="tiny", index=5)).world
    assert {(version, tag) for version, _, tag in await served(hapi, world)} == {("1", 'W/"1"')}
