"""What every backend does with bundles of requests beyond puts and posts."""

from typing import Any

import orjson

from fhir_r4 import Backend, Handle
from fhir_server.contract.asking import episode, ids_of, issue_of
from fhir_server.contract.world import MRN, observation, patient

_URN = "urn:uuid:22222222-2222-4222-8222-222222222222"


def _bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def _asking(method: str, url: str, resource: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"request": {"method": method, "url": url}, **more}
    return entry | ({"resource": resource} if resource else {})


async def transaction_gives_ids_to_placeholders(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        reading = observation("x", "p-a", "8867-4", 70) | {"subject": {"reference": _URN}}
        known = observation("x", "p-a", "8867-4", 71) | {"subject": {"reference": f"Patient?identifier={MRN}|MRN-p-b"}}
        response = await one.send(
            "POST",
            "",
            _bundle(
                "transaction",
                _asking("POST", "Observation", reading),
                _asking("POST", "Patient", patient("x", "Placed", "Held"), fullUrl=_URN),
                _asking("POST", "Observation", known),
                _asking("DELETE", "Condition/c-a"),
                _asking("GET", "Patient?family=Placed"),
            ),
        )
        answers = orjson.loads(response.body)["entry"]
        assert [answer["response"]["status"][:3] for answer in answers] == ["201", "201", "201", "204", "200"]
        born = answers[1]["response"]["location"].split("/")[1]
        assert await one.ids(f"Observation?patient={born}") == [answers[0]["response"]["location"].split("/")[1]]
        assert ids_of(answers[4]["resource"]) == [born]
        assert [item.reference for item in response.returned] == [f"Patient/{born}"]
        assert len(await backend.changes(one.store)) == 4


async def batch_answers_each_entry_alone(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        response = await one.send(
            "POST",
            "",
            _bundle(
                "batch",
                _asking("PUT", "Patient/p-new", patient("p-new", "New", "One")),
                _asking("GET", "Patient/p-a"),
                _asking("GET", "Patient/never"),
                _asking("DELETE", "Patient/p-a"),
                _asking("GET", "Observation?patient=p-d&_count=5"),
            ),
        )
        bundle = orjson.loads(response.body)
        answers = [entry["response"]["status"][:3] for entry in bundle["entry"]]
        assert (bundle["type"], answers) == ("batch-response", ["201", "200", "404", "409", "200"])
        assert len([item for item in response.returned if item.reference == "Patient/p-a" and item.full]) == 1
        page = bundle["entry"][4]["resource"]
        link = next(link["url"] for link in page["link"] if link["relation"] == "next")
        assert len(ids_of(orjson.loads((await one.follow(link)).body))) == 5
        assert list(await backend.changes(one.store)) == ["Patient/p-new"]


async def refused_transaction_leaves_no_trace(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        body = _bundle(
            "transaction",
            _asking("POST", "Patient", patient("x", "Rolled", "Back")),
            _asking("DELETE", "Condition/c-a"),
            _asking("DELETE", "Patient/p-b"),
        )
        assert issue_of(await one.send("POST", "", body)) == (409, "processing")
        assert await one.ids("Patient?family=Rolled") == []
        assert (await one.get("Condition/c-a")).status == 200
        assert await backend.changes(one.store) == {}
