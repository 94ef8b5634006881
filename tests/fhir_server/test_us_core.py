"""Data that no one here wrote: the official US Core 6.1 examples, on the embedded server and on a real HAPI."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fhir_r4 import World, parse_exact, reference_of
from fhir_server import EmbeddedBackend, Source, fhir_app, read_source
from fhir_server.remote import LoadReport, load_resources
from fhir_server.remote.upstream import Upstream

EXAMPLES = Path(__file__).parents[1] / "data" / "us-core-6.1-examples.ndjson.gz"
EMBEDDED = "http://embedded.example/fhir"

REFUSED = {
    "Bundle/66c8856b-ba11-4876-8aa8-467aad8c11a2": 422,
    "Bundle/c887e62f-6166-419f-8268-b5ecd6c7b901": 422,
    "Bundle/docref-example-1": 422,
    "Bundle/docref-example-2": 422,
    "Encounter/1036": 400,
    "Observation/bp-data-absent": 400,
}

SEARCHES = (
    "Patient",
    "Patient?name=shaw",
    "Patient?family=Shaw&gender=female",
    "Patient?birthdate=1987-02-20",
    "Patient?birthdate=ge1980",
    "Patient?identifier=1032702",
    "Patient?gender:missing=true",
    "Condition?patient=example",
    "Condition?patient=example&category=problem-list-item",
    "Condition?clinical-status=active",
    "Condition?onset-date=ge2000",
    "Encounter?patient=example",
    "Encounter?date=ge2015-01-01",
    "Encounter?class=AMB",
    "AllergyIntolerance?patient=example",
    "CarePlan?patient=example&category=assess-plan",
    "CareTeam?patient=example&status=active",
    "Coverage?patient=example",
    "Device?patient=example",
    "DiagnosticReport?patient=example&category=LAB",
    "DiagnosticReport?date=ge2005-01-01",
    "DocumentReference?patient=example&type=http://loinc.org%7C34133-9",
    "Goal?lifecycle-status=active",
    "Immunization?date=2020",
    "Location?address-state=MA",
    "Location?name=health",
    "MedicationRequest?intent=order",
    "MedicationRequest?patient=example&status=active",
    "MedicationRequest?medication=Medication/uscore-med1",
    "MedicationDispense?type:missing=true",
    "Observation?patient=example&_count=200",
    "Observation?category=vital-signs&_count=200",
    "Observation?category=laboratory&_count=200",
    "Observation?category=social-history&_count=200",
    "Observation?code=http://loinc.org%7C85354-9",
    "Observation?code=8302-2,29463-7",
    "Observation?date=1999-07-02&_count=200",
    "Observation?date=ge2020-01-01&date=lt2022-01-01&_count=200",
    "Observation?status:not=final&_count=200",
    "Observation?patient.family=shaw&code=85354-9",
    "Observation?performer=Practitioner/practitioner-1&_count=200",
    "Organization?name=acme",
    "Organization?active=true",
    "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi%7C9941339108",
    "Practitioner?name=bone",
    "Procedure?patient=example",
    "Procedure?date=ge2002",
    "Provenance?target=AllergyIntolerance/example",
    "QuestionnaireResponse?patient=example",
    "QuestionnaireResponse?questionnaire:missing=false",
    "RelatedPerson?patient=example",
    "ServiceRequest?status=active",
    "ServiceRequest?authored=ge2014-01-01",
    "Specimen?patient=example",
    "Encounter?_include=Encounter:patient",
    "Patient?_id=example&_revinclude=Condition:patient&_count=50",
)


@pytest.fixture(scope="module")
def examples() -> Source:
    return read_source(EXAMPLES)


@pytest.fixture
async def embedded() -> AsyncIterator[httpx.AsyncClient]:
    """The embedded server, empty, as `ehr-sandbox fhir` serves it."""
    backend = EmbeddedBackend()
    store = await backend.fork(await backend.load(World("2025-03-01T09:00:00Z", (), {}, "0" * 64)), EMBEDDED)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(fhir_app(backend, store))) as client:
        yield client


async def load(base: str, source: Source, client: httpx.AsyncClient) -> LoadReport:
    return await load_resources(base, source.resources, client=client)


async def ids(client: httpx.AsyncClient, base: str, search: str) -> Any:
    answer = await client.get(f"{base}/{search}", headers={"cache-control": "no-cache"})
    if answer.status_code != 200:
        return answer.status_code
    entries = answer.json().get("entry", [])
    return sorted((e["search"]["mode"], e["resource"]["resourceType"], e["resource"]["id"]) for e in entries)


def test_there_are_183_examples(examples: Source) -> None:
    assert len(examples.resources) == 183


async def test_177_load_on_the_embedded_server(embedded: httpx.AsyncClient, examples: Source) -> None:
    report = await load(EMBEDDED, examples, embedded)
    assert report.loaded == 177
    assert {f.reference: f.status for f in report.failures} == REFUSED


@pytest.mark.hapi
async def test_both_servers_refuse_the_same_and_find_the_same(
    embedded: httpx.AsyncClient, empty_hapi: str, examples: Source
) -> None:
    async with httpx.AsyncClient(timeout=60) as hapi:
        for base, client in ((EMBEDDED, embedded), (empty_hapi, hapi)):
            report = await load(base, examples, client)
            assert report.loaded == 177, base
            assert {f.reference: f.status for f in report.failures} == REFUSED, base
        found = {search: await ids(hapi, empty_hapi, search) for search in SEARCHES}
        assert {search: await ids(embedded, EMBEDDED, search) for search in SEARCHES} == found
        assert sum(1 for rows in found.values() if isinstance(rows, list) and rows) > 40


@pytest.mark.hapi
async def test_hapi_answers_what_was_loaded_but_for_narratives_and_one_element_id(
    empty_hapi: str, examples: Source
) -> None:
    sent = {reference_of(parse_exact(text)): parse_exact(text) for text in examples.resources}
    differ: dict[str, list[str]] = {}
    async with httpx.AsyncClient(timeout=60) as client:
        await load(empty_hapi, examples, client)
        upstream = Upstream(empty_hapi, client, empty_hapi)
        for kind in examples.counts:
            async for reference, text in upstream.walk(kind):
                had, has = sent[reference], parse_exact(text)
                differ[reference] = [k for k in had.keys() | has.keys() if k != "text" and had.get(k) != has.get(k)]
    assert len(differ) == 177
    assert {ref: keys for ref, keys in differ.items() if keys} == {"Patient/example-targeted-provenance": ["_gender"]}
