"""What every backend must do, as cases to run against any `Backend`: `for case in CASES: await case(backend, handle)`.

The handle is that of `contract_world()`. A case opens episodes one at a time and closes them, so that it also suits a
server that holds one. What it expects was measured on HAPI 8.8 (starter defaults).
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from fhir_r4 import Backend, Busy, Handle, Request, Response, Returned, Store, World, canonical, digest, dump_exact

BASE = "http://gateway.example/episodes/abc/fhir"
NOW = "2026-03-02T14:00:00Z"
Case = Callable[[Backend, Handle], Awaitable[None]]

_LOINC, _SNOMED, _UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
_MRN = "http://hospital.example/mrn"
_JSON = {"content-type": "application/fhir+json", "accept": "application/fhir+json"}


# -- the world -------------------------------------------------------------------------------------------------------


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def _to(reference: str) -> dict[str, str]:
    return {"reference": reference}


def _observation(id: str, patient: str, code: str, value: int, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": _concept(_LOINC, code, f"Code {code}"),
        "subject": _to(f"Patient/{patient}"),
        "valueQuantity": {"value": value, "unit": "/min", "system": _UCUM, "code": "/min"},
        **more,
    }


def _patient(id: str, family: str, given: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": id,
        "identifier": [{"system": _MRN, "value": f"MRN-{id}"}],
        "name": [{"family": family, "given": [given]}],
        **more,
    }


def contract_resources() -> list[dict[str, Any]]:
    """A small chart: four patients, one of them with 30 weights for paging."""
    profile = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
    return [
        {"resourceType": "Organization", "id": "org-a", "name": "General Hospital", "active": True},
        {"resourceType": "Practitioner", "id": "dr-a", "name": [{"family": "House", "given": ["Gregory"]}]},
        _patient(
            *("p-a", "Müller", "Anna"),
            meta={"profile": [profile]},
            gender="female",
            birthDate="1980-05-17",
            generalPractitioner=[_to("Practitioner/dr-a")],
            managingOrganization=_to("Organization/org-a"),
        ),
        _patient("p-b", "Smith", "John", gender="male", birthDate="1975-03", deceasedDateTime="2021-07-03T10:00:00Z"),
        _patient("p-c", "Smithson", "Johnny", gender="male", birthDate="1990"),
        _patient("p-d", "Pageman", "Ada"),
        {
            "resourceType": "Encounter",
            "id": "e-a",
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
            "subject": _to("Patient/p-a"),
            "serviceProvider": _to("Organization/org-a"),
            "period": {"start": "2020-01-15T22:00:00-05:00", "end": "2020-01-16T03:00:00-05:00"},
        },
        {
            "resourceType": "Condition",
            "id": "c-a",
            "code": _concept(_SNOMED, "44054006", "Diabetes mellitus type 2"),
            "subject": _to("Patient/p-a"),
            "encounter": _to("Encounter/e-a"),
            "onsetDateTime": "2015-04",
        },
        _observation(
            "o-a", "p-a", "8867-4", 88, effectiveDateTime="2020-01-15T22:30:00-05:00", encounter=_to("Encounter/e-a")
        ),
        _observation("o-b", "p-a", "8867-4", 72, effectiveDateTime="2020-03-02"),
        _observation("o-c", "p-b", "8867-4", 110, effectiveDateTime="2021-06-01T09:00:00Z"),
        _observation("o-d", "p-b", "2339-0", 98, effectivePeriod={"start": "2021-06-01", "end": "2021-06-03"}),
        *(
            _observation(f"w-{n:02}", "p-d", "29463-7", 60 + n, effectiveDateTime=f"2022-01-{n:02}T08:00:00Z")
            for n in range(1, 31)
        ),
    ]


_EXACT = b'"valueQuantity":{"code":"mg/dL","system":"http://unitsofmeasure.org","unit":"mg/dL","value":5.40}'


def contract_world() -> World:
    """The same bytes each time; Observation/o-exact has a decimal with a last zero."""
    blobs = [dump_exact(resource).encode() for resource in contract_resources()]
    exact = dump_exact(_observation("o-exact", "p-c", "2345-7", 5)).encode()
    blobs.append(re.sub(rb'"valueQuantity":\{[^}]*\}', _EXACT, exact))
    parsed = [orjson.loads(blob) for blob in blobs]
    counts: dict[str, int] = {}
    for resource in parsed:
        counts[resource["resourceType"]] = counts.get(resource["resourceType"], 0) + 1
    rows = ((f"{one['resourceType']}/{one['id']}", blob) for one, blob in zip(parsed, blobs, strict=True))
    return World(NOW, tuple(blobs), counts, digest(rows))


# -- asking ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Episode:
    """One open store, and short ways to ask it."""

    backend: Backend
    store: Store

    async def send(self, method: str, url: str, body: object = None, **headers: str) -> Response:
        path, _, query = url.partition("?")
        data = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        return await self.backend.send(self.store, Request(method, path, query, _JSON | headers, data))

    async def get(self, url: str) -> Response:
        return await self.send("GET", url)

    async def put(self, resource: dict[str, Any]) -> Response:
        return await self.send("PUT", f"{resource['resourceType']}/{resource['id']}", resource)

    async def search(self, url: str) -> dict[str, Any]:
        response = await self.get(url)
        assert response.status == 200, (url, response.status, response.body[:300])
        bundle: dict[str, Any] = orjson.loads(response.body)
        return bundle

    async def ids(self, url: str) -> list[str]:
        return ids_of(await self.search(url))

    async def follow(self, link: str) -> Response:
        """Ask for what a link of an answer points at."""
        assert link.startswith(self.store.base), link
        return await self.get(link[len(self.store.base) :].lstrip("/"))


@asynccontextmanager
async def episode(backend: Backend, handle: Handle, base: str = BASE) -> AsyncIterator[Episode]:
    store = await backend.fork(handle, base)
    try:
        yield Episode(backend, store)
    finally:
        await backend.close(store)


def ids_of(bundle: dict[str, Any], mode: str = "match") -> list[str]:
    return [entry["resource"]["id"] for entry in bundle.get("entry", ()) if entry["search"]["mode"] == mode]


def link_of(bundle: dict[str, Any], relation: str) -> str | None:
    return next((link["url"] for link in bundle.get("link", ()) if link["relation"] == relation), None)


def issue_of(response: Response) -> tuple[int, str]:
    outcome = orjson.loads(response.body)
    assert outcome["resourceType"] == "OperationOutcome", response.body[:300]
    return response.status, outcome["issue"][0]["code"]


# -- cases -----------------------------------------------------------------------------------------------------------


async def read_gives_the_resource_as_loaded(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        response = await one.get("Observation/o-exact")
        assert response.status == 200
        assert response.headers["etag"] == 'W/"1"'
        assert response.headers["content-type"].startswith("application/fhir+json")
        assert canonical(response.body) == contract_world().resources[-1]  # type: ignore[index]
        assert response.returned == (Returned("Observation/o-exact", "1", True),)
        resource = orjson.loads(response.body)
        assert resource["meta"]["versionId"] == "1"
        assert "lastUpdated" in resource["meta"]
        assert (await one.get("Observation/o-exact/_history/1")).body == response.body
        again = await one.send("GET", "Observation/o-exact", **{"if-none-match": 'W/"1"'})
        assert (again.status, again.body) == (304, b"")


ERRORS: tuple[tuple[str, str, int, str], ...] = (
    ("GET", "Patient/nope", 404, "processing"),
    ("GET", "Patient/a_b", 404, "processing"),
    ("GET", "Nope/p-a", 404, "processing"),
    ("GET", "patient/p-a", 404, "processing"),
    ("GET", "Patient/p-a/_history/9", 404, "processing"),
    ("GET", "Patient?nope=1", 400, "processing"),
    ("GET", "Patient?NAME=a", 400, "processing"),
    ("GET", "Observation?patient.nope=1", 400, "processing"),
    ("GET", "Observation?code.nope=1", 400, "processing"),
    ("GET", "Observation?patient:nope=x", 400, "processing"),
    ("GET", "Observation?date=2020-13-01", 400, "processing"),
    ("GET", "Observation?date=gte2020-01-01", 400, "processing"),
    ("GET", "Observation?date=2020-01-01,2020-01-02", 400, "processing"),
    ("GET", "Observation?date=ge2020-01-01&date=ge2020-01-02", 400, "processing"),
    ("GET", "Patient?_sort=nope", 400, "processing"),
    ("GET", "Patient?_count=abc", 400, "processing"),
    ("GET", "Patient?_include=nope", 400, "processing"),
    ("GET", "Patient?_include=Patient:nope", 400, "processing"),
    ("GET", "Patient?_revinclude=Nope:patient", 400, "processing"),
    ("GET", "Patient?_summary=count&_elements=id", 400, "processing"),
    ("GET", "?_getpages=11111111-1111-1111-1111-111111111111", 410, "processing"),
    ("GET", "", 400, "processing"),
    ("GET", "Patient/p-a/nope", 400, "not-supported"),
    ("GET", "Patient/$nope", 400, "not-supported"),
    ("GET", "Patient/p-a/Observation", 400, "not-supported"),
    ("GET", "Patient/p-a?foo=bar", 400, "not-supported"),
)


async def errors_have_their_status_and_issue_code(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        for method, url, status, code in ERRORS:
            assert issue_of(await one.send(method, url)) == (status, code), url


SEARCHES: tuple[tuple[str, str], ...] = (
    ("Patient?_id=p-a", "p-a"),
    ("Patient?_id=p-a,p-b", "p-a p-b"),
    ("Patient?_id=p-a&_id=p-b", ""),
    ("Patient?_id:not=p-a", "p-b p-c p-d"),
    ("Patient?_lastUpdated=lt2020-01-01", ""),
    ("Patient?_profile=http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient", "p-a"),
    # tokens
    (f"Patient?identifier={_MRN}%7CMRN-p-a", "p-a"),
    ("Patient?identifier=MRN-p-a", "p-a"),
    ("Patient?identifier=mrn-p-a", ""),
    ("Patient?identifier=%7CMRN-p-a", ""),
    (f"Patient?identifier={_MRN}%7C", "p-a p-b p-c p-d"),
    ("Patient?gender=male", "p-b p-c"),
    ("Patient?gender=male,female", "p-a p-b p-c"),
    ("Patient?gender:not=male", "p-a p-d"),
    ("Patient?gender:missing=true", "p-d"),
    ("Patient?deceased=true", "p-b"),
    ("Patient?deceased=false", "p-a p-c p-d"),
    ("Observation?code=8867-4", "o-a o-b o-c"),
    (f"Observation?code={_LOINC}%7C8867-4,{_LOINC}%7C2339-0", "o-a o-b o-c o-d"),
    ("Observation?code=8867-4&code=2339-0", ""),
    ("Encounter?class=IMP", "e-a"),
    ("Condition?code=44054006", "c-a"),
    # strings
    ("Patient?family=smi", "p-b p-c"),
    ("Patient?family=SMITH", "p-b p-c"),
    ("Patient?family:exact=Smith", "p-b"),
    ("Patient?family:exact=smith", ""),
    ("Patient?family:contains=mith", "p-b p-c"),
    ("Patient?family=muller", "p-a"),
    ("Patient?name=john", "p-b p-c"),
    ("Patient?name=John%20Smith", ""),
    ("Patient?name=", "p-a p-b p-c p-d"),
    # references
    ("Observation?patient=p-a", "o-a o-b"),
    ("Observation?patient=Patient/p-a", "o-a o-b"),
    ("Observation?subject=p-a,p-b", "o-a o-b o-c o-d"),
    ("Observation?subject:Patient=p-a", "o-a o-b"),
    ("Observation?patient=Group/p-a", ""),
    ("Observation?encounter:missing=true&patient=p-a", "o-b"),
    ("Observation?patient.identifier=MRN-p-b", "o-c o-d"),
    ("Observation?patient.family=Smith&code=8867-4", "o-c"),
    ("Observation?subject:Patient.name=anna", "o-a o-b"),
    ("Patient?general-practitioner=dr-a", "p-a"),
    ("Patient?organization.name=general", "p-a"),
    # dates
    ("Observation?code=8867-4&date=2020-03-02", "o-b"),
    ("Observation?code=8867-4&date=2020-01-15", "o-a"),
    ("Observation?code=8867-4&date=2020-01-16", ""),
    ("Observation?code=8867-4&date=2020", "o-a o-b"),
    ("Observation?code=8867-4&date=ge2020-03-02", "o-b o-c"),
    ("Observation?code=8867-4&date=gt2020-03-02", "o-c"),
    ("Observation?code=8867-4&date=le2020-03-02", "o-a o-b"),
    ("Observation?code=8867-4&date=lt2020-03-02", "o-a"),
    ("Observation?code=8867-4&date=sa2020-03-02", "o-c"),
    ("Observation?code=8867-4&date=eb2020-03-02", "o-a"),
    ("Observation?code=8867-4&date=ne2020-03-02", "o-a o-c"),
    ("Observation?code=8867-4&date=ge2020-02&date=le2021-01", "o-b"),
    ("Observation?code=8867-4&date=ge2020-01-16T03:30:00Z", "o-a o-b o-c"),
    ("Observation?code=8867-4&date=gt2020-01-16T03:30:00Z", "o-b o-c"),
    ("Observation?code=2339-0&date=2021-06-02", ""),
    ("Observation?code=2339-0&date=ge2021-06-02", "o-d"),
    ("Encounter?date=2020-01-15", ""),
    ("Encounter?date=2020-01", "e-a"),
    ("Patient?birthdate=1975", "p-b"),
    ("Patient?birthdate=1975-03-10", ""),
    ("Patient?birthdate=ge1990", "p-c"),
    ("Patient?birthdate:missing=true", "p-d"),
    # quantities
    ("Observation?code=8867-4&value-quantity=gt80", "o-a o-c"),
    (f"Observation?value-quantity=72%7C{_UCUM}%7C/min&code=8867-4", "o-b"),
)


async def searches_find_what_they_ask_for(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        for url, expected in SEARCHES:
            bundle = await one.search(url)
            assert sorted(ids_of(bundle)) == expected.split(), url
            assert bundle["total"] == len(expected.split()), url


SORTS: tuple[tuple[str, str], ...] = (
    ("Observation?code=8867-4&_sort=date", "o-a o-b o-c"),
    ("Observation?code=8867-4&_sort=-date", "o-c o-b o-a"),
    ("Observation?code=8867-4,2339-0&_sort=-_id", "o-d o-c o-b o-a"),
    ("Patient?_sort=birthdate", "p-b p-a p-c p-d"),
    ("Patient?_sort=-birthdate", "p-c p-a p-b p-d"),
    ("Patient?_sort=gender,family", "p-a p-b p-c p-d"),
    ("Patient?_sort=-gender,-family", "p-c p-b p-a p-d"),
)


async def sorting_puts_missing_values_last(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        for url, expected in SORTS:
            assert await one.ids(url) == expected.split(), url


async def includes_follow_the_matches(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        bundle = await one.search("Encounter?_id=e-a&_include=Encounter:subject")
        assert (ids_of(bundle), ids_of(bundle, "include"), bundle["total"]) == (["e-a"], ["p-a"], 1)
        bundle = await one.search("Encounter?_id=e-a&_include=Encounter:subject:Group")
        assert ids_of(bundle, "include") == []
        response = await one.get("Patient?_id=p-a&_revinclude=Condition:patient&_include=Patient:general-practitioner")
        assert ids_of(orjson.loads(response.body), "include") == ["c-a", "dr-a"]
        assert {one.reference for one in response.returned} == {"Patient/p-a", "Condition/c-a", "Practitioner/dr-a"}


async def pages_lead_through_everything_once(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        bundle = await one.search("Observation?patient=p-d&_sort=_id&_count=12")
        seen, totals = ids_of(bundle), [bundle.get("total")]
        link = link_of(bundle, "next")
        while link:
            bundle = orjson.loads((await one.follow(link)).body)
            seen += ids_of(bundle)
            totals.append(bundle.get("total"))
            link = link_of(bundle, "next")
        assert seen == [f"w-{n:02}" for n in range(1, 31)]
        assert totals == [None, None, 30]
        assert bundle["entry"][0]["fullUrl"] == f"{one.store.base}/Observation/{ids_of(bundle)[0]}"
        assert len(await one.ids("Observation?patient=p-d")) == 20


TOTALS: tuple[tuple[str, int | None], ...] = (
    ("Observation?patient=p-d", None),
    ("Observation?patient=p-d&_count=30", 30),
    ("Observation?patient=p-d&_count=5&_total=accurate", 30),
    ("Observation?patient=p-d&_summary=count", 30),
    ("Observation?patient=p-d&_count=0", 30),
    ("Patient?_count=1", 4),
    ("Patient?gender=unknown", 0),
)


async def totals_appear_when_the_search_is_finished(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        for url, total in TOTALS:
            assert (await one.search(url)).get("total") == total, url
        assert "entry" not in await one.search("Observation?patient=p-d&_summary=count")


async def pages_lose_and_repeat_nothing_while_the_episode_writes(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        first = await one.search("Observation?patient=p-d&_sort=_id&_count=20")
        await one.put(_observation("w-00", "p-d", "29463-7", 50))
        link = link_of(first, "next")
        assert link is not None
        rest = orjson.loads((await one.follow(link)).body)
        # HAPI has read ahead only one resource and finds the new one too; what was there comes once, in its order.
        assert [id for id in ids_of(rest) if id != "w-00"] == [f"w-{n:02}" for n in range(21, 31)]


async def elements_are_tagged_and_never_count_as_full(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        response = await one.get("Patient?_id=p-a&_elements=gender")
        patient = orjson.loads(response.body)["entry"][0]["resource"]
        assert sorted(patient) == ["gender", "id", "meta", "resourceType"]
        assert [tag["code"] for tag in patient["meta"]["tag"]] == ["SUBSETTED"]
        assert response.returned == (Returned("Patient/p-a", "1", False),)
        read = await one.get("Patient/p-a?_elements=gender")
        assert read.returned == (Returned("Patient/p-a", "1", False),)


async def search_by_post_is_the_same(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        form = {"content-type": "application/x-www-form-urlencoded"}
        response = await one.send("POST", "Patient/_search?gender=male", b"family=smi", **form)
        assert sorted(ids_of(orjson.loads(response.body))) == ["p-b", "p-c"]


async def create_gives_an_id_and_is_seen_at_once(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        body = _observation("wanted", "p-a", "8867-4", 64)
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
        changed = _patient("p-d", "Pageman", "Ada", gender="female")
        first, second = await one.put(changed), await one.put(changed)
        assert (first.status, first.headers["etag"]) == (200, 'W/"2"')
        assert (second.status, second.headers["etag"]) == (200, 'W/"2"')
        assert await one.ids("Patient?gender=female&_sort=_id") == ["p-a", "p-d"]
        assert orjson.loads((await one.get("Patient/p-d/_history/1")).body).get("gender") is None
        stale = await one.send("PUT", "Patient/p-d", changed | {"gender": "other"}, **{"if-match": 'W/"1"'})
        assert issue_of(stale) == (409, "processing")
        new = await one.put(_patient("p-new", "New", "One"))
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
        assert back.headers["etag"] in ('W/"3"', 'W/"4"')  # HAPI leaves one out if the resource has references
        for _ in range(2):
            assert issue_of(await one.send("DELETE", "Observation/o-b")) == (200, "informational")


_OBSERVATION = _observation("o-new", "p-a", "8867-4", 70)
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
    ("POST", "Observation", _OBSERVATION | {"subject": _to("Patient/ghost")}, 400),
    ("POST", "Observation", _OBSERVATION | {"subject": _to("p-a")}, 400),
    ("POST", "Observation", _OBSERVATION | {"subject": _to("http://elsewhere.example/fhir/Patient/p-a")}, 400),
    ("POST", "Observation", _OBSERVATION | {"subject": _to("Practitioner/dr-a")}, 422),
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
            ("PUT", "Observation/t-o", _observation("t-o", "t-p", "8867-4", 70)),
            ("PUT", "Patient/t-p", _patient("t-p", "Forward", "Ref")),
            ("POST", "Observation", _observation("x", "p-a", "8867-4", 71)),
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
            ("PUT", "Patient/t-p", _patient("t-p", "Rolled", "Back")),
            ("PUT", "Observation/t-o", _observation("t-o", "ghost", "8867-4", 70)),
        )
        assert issue_of(await one.send("POST", "", body)) == (400, "processing")
        assert (await one.get("Patient/t-p")).status == 404
        twice = bundle_of(*[("PUT", "Patient/t-p", _patient("t-p", "A", "B"))] * 2)
        assert issue_of(await one.send("POST", "", twice)) == (400, "processing")
        assert issue_of(await one.send("POST", "", bundle_of(kind="searchset"))) == (400, "processing")
        assert await backend.changes(one.store) == {}


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
        await one.put(_patient("p-mine", "Mine", "Only"))
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


CASES: tuple[Case, ...] = (
    read_gives_the_resource_as_loaded,
    errors_have_their_status_and_issue_code,
    searches_find_what_they_ask_for,
    sorting_puts_missing_values_last,
    includes_follow_the_matches,
    pages_lead_through_everything_once,
    totals_appear_when_the_search_is_finished,
    pages_lose_and_repeat_nothing_while_the_episode_writes,
    elements_are_tagged_and_never_count_as_full,
    search_by_post_is_the_same,
    create_gives_an_id_and_is_seen_at_once,
    update_raises_the_version_only_for_a_change,
    delete_leaves_a_tombstone,
    bad_bodies_are_refused_and_change_nothing,
    lenient_bodies_are_put_right,
    transaction_stores_all,
    transaction_stores_all_or_nothing,
    changes_say_what_differs_from_the_world,
    episodes_do_not_see_each_other,
    loading_again_gives_the_same_world,
)


def names(cases: Iterable[Case] = CASES) -> list[str]:
    return [getattr(case, "__name__", str(case)) for case in cases]
