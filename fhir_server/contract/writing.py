"""What every backend does with creates, updates, deletes and transactions."""

from typing import Any

import orjson

from fhir_r4 import Backend, Handle
from fhir_server.contract.asking import episode, issue_of
from fhir_server.contract.world import contract_resources, observation, patient, to


async def create_gives_an_id_and_is_seen_at_once(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        body = observation("wanted", "p-a", "8867-4", 64)
        response = await one.send("POST", "Observation", body)
        created = orjson.loads(response.body)
        assert response.status == 201
        assert created["id"].isdigit()
        assert response.headers["location"] == f"{one.store.base}/Observation/{created['id']}/_history/1"
        assert sorted(await one.ids("Observation?patient=p-a")) == sorted(["o-a", "o-b", created["id"]])
        assert (await one.get(f"Observation/{created['id']}")).returned[0].version == "1"
        assert (await one.get("Observation/wanted")).status == 404


async def update_raises_the_version_only_for_a_change(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        changed = patient("p-d", "Pageman", "Ada", gender="female")
        first, second = await one.put(changed), await one.put(changed)
        assert (first.status, first.headers["etag"]) == (200, 'W/"2"')
        assert (second.status, second.headers["etag"]) == (200, 'W/"2"')
        assert await one.ids("Patient?gender=female&_sort=_id") == ["p-a", "p-d"]
        assert orjson.loads((await one.get("Patient/p-d/_history/1")).body).get("gender") is None
        stale = await one.send("PUT", "Patient/p-d", changed | {"gender": "other"}, **{"if-match": 'W/"1"'})
        assert issue_of(stale) == (409, "processing")
        new = await one.put(patient("p-new", "New", "One"))
        assert (new.status, new.headers["etag"]) == (201, 'W/"1"')


async def delete_leaves_a_tombstone(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        assert issue_of(await one.send("DELETE", "Patient/p-a")) == (409, "processing")
        assert issue_of(await one.send("DELETE", "Condition/c-a")) == (200, "informational")
        assert issue_of(await one.get("Condition/c-a")) == (410, "processing")
        assert issue_of(await one.send("DELETE", "Condition/never")) == (200, "informational")
        assert await one.ids("Condition?patient=p-a") == []
        assert (await one.get("Condition/c-a/_history/1")).status == 200
        condition = next(r for r in contract_resources() if r["id"] == "c-a")
        back = await one.put(condition)
        assert back.status == 201
        assert back.headers["etag"] == 'W/"4"'  # HAPI leaves one out if the resource has references
        for _ in range(2):
            assert issue_of(await one.send("DELETE", "Observation/o-b")) == (200, "informational")


_OBSERVATION = observation("o-new", "p-a", "8867-4", 70)
BAD_BODIES: tuple[tuple[str, str, object, int], ...] = (
    ("POST", "Patient", b'{"resourceType":"Patient",', 400),
    ("POST", "Patient", b"", 400),
    ("POST", "Patient", b"[1,2]", 400),
    ("POST", "Patient", {"name": [{"family": "x"}]}, 400),
    ("POST", "Patient", {"resourceType": "Observation"}, 400),
    ("POST", "Patient", {"resourceType": "Patient", "gender": "robot"}, 400),
    ("POST", "Patient", {"resourceType": "Patient", "birthDate": "1980-13-40"}, 400),
    ("POST", "Patient", {"resourceType": "Patient", "active": "yes"}, 400),
    ("POST", "Observation", _OBSERVATION | {"effectiveDateTime": "2020-01-01 09:00:00"}, 400),
    ("POST", "Observation", _OBSERVATION | {"valueQuantity": {"value": "much"}}, 400),
    ("POST", "Observation", _OBSERVATION | {"subject": to("Patient/ghost")}, 400),
    ("POST", "Observation", _OBSERVATION | {"subject": to("p-a")}, 400),
    ("POST", "Observation", _OBSERVATION | {"subject": to("http://elsewhere.example/fhir/Patient/p-a")}, 400),
    ("POST", "Observation", _OBSERVATION | {"subject": to("Practitioner/dr-a")}, 422),
    ("POST", "Bundle", {"resourceType": "Bundle", "type": "searchset"}, 422),
    ("PUT", "Patient", {"resourceType": "Patient"}, 400),
    ("PUT", "Patient/p-a", {"resourceType": "Patient"}, 400),
    ("PUT", "Patient/p-a", {"resourceType": "Patient", "id": "p-b"}, 400),
    ("PUT", "Patient/123", {"resourceType": "Patient", "id": "123"}, 400),
    ("PUT", "Patient/a_b", {"resourceType": "Patient", "id": "a_b"}, 400),
    ("PUT", "Nope/a", {"resourceType": "Nope", "id": "a"}, 404),
    ("POST", "Patient/p-new", {"resourceType": "Patient"}, 400),
)


async def bad_bodies_are_refused_and_change_nothing(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        for method, url, body, status in BAD_BODIES:
            assert issue_of(await one.send(method, url, body)) == (status, "processing"), (url, body)
        assert await backend.changes(one.store) == {}


async def lenient_bodies_are_put_right(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        body = {"resourceType": "Patient", "foo": 1, "gender": ["male"], "name": {"family": 5}, "address": []}
        response = await one.send("POST", "Patient", body)
        created = orjson.loads(response.body)
        del created["meta"], created["id"]
        assert (response.status, created) == (
            201,
            {"resourceType": "Patient", "gender": "male", "name": [{"family": "5"}]},
        )


def bundle_of(*entries: tuple[str, str, dict[str, Any]], kind: str = "transaction") -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [
            {"resource": resource, "request": {"method": method, "url": url}} for method, url, resource in entries
        ],
    }


async def transaction_stores_all(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        body = bundle_of(
            ("PUT", "Observation/t-o", observation("t-o", "t-p", "8867-4", 70)),
            ("PUT", "Patient/t-p", patient("t-p", "Forward", "Ref")),
            ("POST", "Observation", observation("x", "p-a", "8867-4", 71)),
        )
        response = await one.send("POST", "", body)
        answers = [entry["response"] for entry in orjson.loads(response.body)["entry"]]
        assert [answer["status"] for answer in answers] == ["201 Created"] * 3
        assert answers[0]["location"] == "Observation/t-o/_history/1"
        assert await one.ids("Observation?patient=t-p") == ["t-o"]
        assert len(await backend.changes(one.store)) == 3


async def transaction_stores_all_or_nothing(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        body = bundle_of(
            ("PUT", "Patient/t-p", patient("t-p", "Rolled", "Back")),
            ("PUT", "Observation/t-o", observation("t-o", "ghost", "8867-4", 70)),
        )
        assert issue_of(await one.send("POST", "", body)) == (400, "processing")
        assert (await one.get("Patient/t-p")).status == 404
        twice = bundle_of(*[("PUT", "Patient/t-p", patient("t-p", "A", "B"))] * 2)
        assert issue_of(await one.send("POST", "", twice)) == (400, "processing")
        assert issue_of(await one.send("POST", "", bundle_of(kind="searchset"))) == (400, "processing")
        assert await backend.changes(one.store) == {}
