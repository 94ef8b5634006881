"""What every backend keeps apart: the world from its changes, one episode from another."""

import orjson

from fhir_r4 import Backend, Busy, Handle, canonical
from fhir_server.contract.asking import Episode, episode, issue_of, link_of
from fhir_server.contract.world import contract_resources, contract_world, patient


async def changes_say_what_differs_from_the_world(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        assert await backend.changes(one.store) == {}
        original = next(r for r in contract_resources() if r["id"] == "p-d")
        await one.put(original | {"gender": "female"})
        await one.put(original)
        await one.put(next(r for r in contract_resources() if r["id"] == "p-c") | {"gender": "other"})
        await one.send("DELETE", "Condition/c-a")
        exact = b'{"resourceType":"Observation","id":"o-z","code":{"text":"x"},"valueQuantity":{"value":1.500}}'
        await one.send("PUT", "Observation/o-z", exact)
        changes = await backend.changes(one.store)
        assert list(changes) == ["Condition/c-a", "Observation/o-z", "Patient/p-c"]
        assert changes["Condition/c-a"].after is None
        assert changes["Observation/o-z"].before is None
        assert changes["Observation/o-z"].after == canonical(exact)
        before, after = changes["Patient/p-c"].before, changes["Patient/p-c"].after
        assert before is not None
        assert after is not None
        assert (orjson.loads(before)["gender"], orjson.loads(after)["gender"]) == ("male", "other")


async def episodes_do_not_see_each_other(backend: Backend, handle: Handle) -> None:
    """Or the backend says that it is busy, and the next episode finds the world as it was loaded."""
    async with episode(backend, handle) as one:
        await one.put(patient("p-mine", "Mine", "Only"))
        link = link_of(await one.search("Observation?patient=p-d"), "next")
        assert link is not None
        try:
            async with episode(backend, handle) as other:
                await _sees_only_the_world(other, link)
        except Busy:
            pass
    async with episode(backend, handle) as later:
        await _sees_only_the_world(later, link)


async def _sees_only_the_world(other: Episode, foreign_link: str) -> None:
    assert (await other.get("Patient/p-mine")).status == 404
    assert sorted(await other.ids("Patient")) == ["p-a", "p-b", "p-c", "p-d"]
    assert issue_of(await other.follow(foreign_link)) == (410, "processing")
    assert await other.backend.changes(other.store) == {}


async def loading_again_gives_the_same_world(backend: Backend, handle: Handle) -> None:
    world = contract_world()
    again = await backend.load(world)
    assert again.digest == handle.digest == world.digest
    assert dict(again.counts) == dict(handle.counts) == dict(world.counts)
