"""What every backend answers to operations, and to the searches that go beyond one resource's own parameters."""

import orjson

from fhir_r4 import Backend, Handle
from fhir_server.contract.asking import episode, ids_of, issue_of, link_of


async def everything_gives_the_compartment_in_pages(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        response = await one.get("Patient/p-a/$everything?_count=100")
        bundle = orjson.loads(response.body)
        references = [f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in bundle["entry"]]
        assert references[0] == "Patient/p-a"
        assert {"Condition/c-a", "Encounter/e-a", "Observation/o-a", "Practitioner/dr-a"} <= set(references)
        assert not any(text.startswith("Patient/") for text in references[1:])
        assert [item.reference for item in response.returned] == references
        page = await one.search("Patient/p-a/$everything?_count=2")
        seen, link = ids_of(page), link_of(page, "next")
        while link:
            page = orjson.loads((await one.follow(link)).body)
            seen += ids_of(page)
            link = link_of(page, "next")
        assert sorted(seen) == sorted(reference.partition("/")[2] for reference in references)
        visit = await one.search("Encounter/e-a/$everything?_count=100")
        assert {"e-a", "p-a"} <= set(ids_of(visit))
        assert issue_of(await one.get("Patient/never/$everything")) == (404, "processing")
        assert issue_of(await one.send("DELETE", "Patient/p-a/$everything")) == (405, "processing")


async def validation_says_what_is_missing(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        body = b'{"resourceType":"Observation","code":{"text":"x"},"zip":1}'
        response = await one.send("POST", "Observation/$validate", body)
        issues = orjson.loads(response.body)["issue"]
        assert response.status == 200
        assert [issue["severity"] for issue in issues] == ["error", "error", "warning", "warning", "warning", "warning"]
        assert issues[0]["diagnostics"] == "Unrecognized property 'zip'"
        assert issues[1]["diagnostics"].startswith("Observation.status: minimum required = 1, but only found 0")
        stored = orjson.loads((await one.get("Patient/p-a/$validate")).body)["issue"]
        assert [issue["severity"] for issue in stored] == ["warning"]
        robot = await one.send("POST", "Patient/$validate", {"resourceType": "Patient", "gender": "robot"})
        assert issue_of(robot) == (400, "processing")
        assert await backend.changes(one.store) == {}


FAR_SEARCHES: tuple[tuple[str, str], ...] = (
    ("Patient?_has:Observation:patient:code=2339-0", "p-b"),
    ("Patient?_has:Condition:patient:encounter.class=IMP", "p-a"),
    ("Observation?patient.general-practitioner.family=house", "o-a o-b"),
    ("Observation?encounter.patient.family=muller", "o-a"),
    ("Observation?code-value-quantity=8867-4$gt80", "o-a o-c"),
    ("Patient?family:not=Smith", "p-b p-c"),
    ("Patient?_foo=bar", "p-a p-b p-c p-d"),
    ("Patient?gender=male&_sort:desc=family", "p-b p-c"),
)


async def searches_reach_beyond_the_resource(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        for url, expected in FAR_SEARCHES:
            assert sorted(await one.ids(url)) == expected.split(), url
        bundle = await one.search("Observation?_id=o-a&_include=*")
        assert sorted(ids_of(bundle, "include")) == ["e-a", "p-a"]
        summary = await one.get("Patient?_id=p-a&_summary=true")
        assert [item.full for item in summary.returned] == [False]
