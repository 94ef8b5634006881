"""An overlay over a base must answer as a store that is loaded afresh with what the overlay holds."""

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fhir_r4 import Request
from fhir_server import EmbeddedBackend
from fhir_server.interactions.writing import prepared
from fhir_server.segment import Segment
from fhir_server.store import EpisodeStore
from tests.helpers.fhir import world_of

PEOPLE, OBSERVATIONS = [f"p{n}" for n in range(4)], [f"o{n}" for n in range(8)]
FAMILIES, CODES = ["Smith", "Smithson", "Müller"], ["8867-4", "2339-0"]
DATES = ["2020", "2020-03", "2020-03-02", "2020-03-02T23:30:00-05:00", "2021-06-01T09:00:00Z"]

patients = st.builds(
    lambda id, family, gender, birth, doctor: _person(id, family, gender, birth, doctor),
    st.sampled_from(PEOPLE),
    st.sampled_from(FAMILIES),
    st.sampled_from(["male", "female", None]),
    st.sampled_from([*DATES[:3], None]),
    st.sampled_from(["d1", None]),
)
observations = st.builds(
    lambda id, subject, code, date, value: _measure(id, subject, code, date, value),
    st.sampled_from(OBSERVATIONS),
    st.sampled_from(PEOPLE),
    st.sampled_from(CODES),
    st.sampled_from([*DATES, None]),
    st.integers(1, 4),
)
resources = patients | observations
deletions = st.sampled_from([("Patient", id) for id in PEOPLE] + [("Observation", id) for id in OBSERVATIONS])
writes = st.lists(resources | deletions, min_size=1, max_size=12)

QUERIES = (
    ("Patient", ""),
    ("Patient", "_id=p0,p2"),
    ("Patient", "gender=male"),
    ("Patient", "gender:not=male"),
    ("Patient", "gender:missing=true"),
    ("Patient", "family=smith"),
    ("Patient", "family:exact=Smith"),
    ("Patient", "family:contains=mith"),
    ("Patient", "name=muller"),
    ("Patient", "birthdate=2020"),
    ("Patient", "birthdate:missing=true"),
    ("Patient", "_sort=-birthdate,family,_id"),
    ("Patient", "_sort=family,-_id"),
    ("Patient", "_id=p0,p1&_revinclude=Observation:patient&_sort=_id"),
    ("Observation", "patient=p0"),
    ("Observation", "patient=p0,p1&code=8867-4"),
    ("Observation", "code=http://loinc.org%7C8867-4"),
    ("Observation", "code=http://loinc.org%7C&_sort=-code,_id"),
    ("Observation", "date=2020-03-02"),
    ("Observation", "date=ge2020-03-02&date=lt2021-01-01"),
    ("Observation", "date=gt2020-03-03T00:00:00Z"),
    ("Observation", "date=ne2020"),
    ("Observation", "date:missing=true"),
    ("Observation", "value-quantity=gt2"),
    ("Observation", "patient.family=smith"),
    ("Observation", "patient.gender=male&code=2339-0"),
    ("Observation", "subject:Patient.birthdate=2020"),
    ("Observation", "_sort=-date,_id&_count=100"),
    ("Observation", "_sort=date,-value-quantity,_id&_count=100"),
    ("Observation", "_include=Observation:patient&_sort=_id&_count=100"),
    ("Observation", "date=ge2020&date=lt2020-03-03"),
    ("Observation", "code:text=8867"),
    ("Observation", "code:in=http://example.org/none"),
    ("Observation", "patient.general-practitioner.name=house"),
    ("Observation", "patient.gender:not=male"),
    ("Observation", "subject.family:exact=Smith&_sort=-_id"),
    ("Observation", "patient:missing=false&code-value-quantity=8867-4$gt1,2339-0$2||mg"),
    ("Patient", "_has:Observation:patient:code=8867-4"),
    ("Patient", "_has:Observation:patient:_has:Observation:derived-from:code=8867-4"),
    ("Patient", "_filter=gender eq male or family co mit"),
    ("Practitioner", "_has:Patient:general-practitioner:_has:Observation:subject:value-quantity=gt1"),
    ("Practitioner", "name=house"),
)


def _person(id: str, family: str, gender: str | None, birth: str | None, doctor: str | None) -> dict[str, Any]:
    person: dict[str, Any] = {"resourceType": "Patient", "id": id, "name": [{"family": family}]}
    person |= {"gender": gender} if gender else {}
    person |= {"birthDate": birth} if birth else {}
    return person | ({"generalPractitioner": [{"reference": f"Practitioner/{doctor}"}]} if doctor else {})


def _measure(id: str, subject: str, code: str, date: str | None, value: int) -> dict[str, Any]:
    measure: dict[str, Any] = {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": f"Patient/{subject}"},
        "valueQuantity": {"value": value, "unit": "mg"},
    }
    return measure | ({"effectiveDateTime": date} if date else {})


def _start() -> list[dict[str, Any]]:
    doctor = {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "House"}]}
    people = [_person(id, FAMILIES[n % 3], "male", DATES[n % 3], "d1") for n, id in enumerate(PEOPLE[:3])]
    measures = [_measure(id, PEOPLE[n % 3], CODES[n % 2], DATES[n % 5], n % 4) for n, id in enumerate(OBSERVATIONS[:5])]
    return [doctor, *people, *measures]


class Unmasked(EpisodeStore):
    """An overlay with the mask taken away, to see that these tests would notice."""

    def layers(self, resource_type: str) -> Iterator[tuple[Segment, set[int]]]:
        return ((segment, set()) for segment, _ in super().layers(resource_type))


def _apply(store: EpisodeStore, write: Any, held: dict[tuple[str, str], dict[str, Any] | None]) -> None:
    """held: None for what was deleted, which keeps its place in the order of writing."""
    if isinstance(write, dict):
        store.put(prepared(write, write["id"]))
        held[write["resourceType"], write["id"]] = write
    elif held.get(write) is not None:
        store.delete(*write)
        held[write] = None


def _answer(backend: EmbeddedBackend, store: EpisodeStore, name: str, query: str) -> list[tuple[str, str]]:
    response = backend.answer(store, Request("GET", name, query))
    entries = orjson.loads(response.body).get("entry", ())
    rows = [
        (entry["resource"]["resourceType"] + "/" + entry["resource"]["id"], entry["search"]["mode"])
        for entry in entries
    ]
    matches = [row for row in rows if row[1] == "match"]
    included = sorted(row for row in rows if row[1] == "include")
    return (matches if "_sort" in query else sorted(matches)) + included


def _differences(kind: type[EpisodeStore], steps: list[Any]) -> list[str]:
    return asyncio.run(_compare(kind, steps))


async def _compare(kind: type[EpisodeStore], steps: list[Any]) -> list[str]:
    backend, start = EmbeddedBackend(), _start()
    store = kind((await backend.load(world_of(start))).base, "http://x/fhir")
    held: dict[tuple[str, str], dict[str, Any] | None] = {(r["resourceType"], r["id"]): r for r in start}
    for write in steps:
        _apply(store, write, held)
    fresh = backend.fork_now(await backend.load(world_of(filter(None, held.values()))), "http://x/fhir")
    return [
        f"{name}?{query}"
        for name, query in QUERIES
        if _answer(backend, store, name, query) != _answer(backend, fresh, name, query)
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(writes)
@example([("Patient", "p0"), _person("p0", "Smith", None, None, None)])
@example([_person("p9", "New", "male", "2020", None), ("Patient", "p9")])
@example([("Patient", id) for id in PEOPLE[:3]])
def test_an_overlay_answers_as_a_fresh_store(steps: list[Any]) -> None:
    assert _differences(EpisodeStore, steps) == []


def test_these_comparisons_notice_a_broken_mask() -> None:
    assert len(_differences(Unmasked, [_person("p0", "Other", "female", None, None), ("Observation", "o1")])) > 10
