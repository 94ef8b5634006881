"""The gateway over the engine itself, and a client that no one here wrote."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fhirpy import AsyncFHIRClient

from ehr_sandbox.serving import bind, port_of, serving
from env_api import Settings
from fhir_server import EmbeddedBackend
from tests.helpers.fakes import Api, Json, Seat

WORLD: list[Json] = [{"resourceType": "Patient", "id": f"p{number:03d}", "gender": "male"} for number in range(250)] + [
    {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"text": "heart rate"},
        "subject": {"reference": "Patient/p001"},
    }
    for number in range(3)
]


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Api, Seat]]:
    listener = bind("127.0.0.1", 0)
    settings = Settings(agent_url=f"http://127.0.0.1:{port_of(listener)}")
    api = Api(tmp_path, EmbeddedBackend(), settings, WORLD)
    async with serving(api.agent_app, listener):
        yield api, await api.open()


async def test_fhirpy_reads_a_world_page_by_page(served: tuple[Api, Seat]) -> None:
    api, seat = served
    client = AsyncFHIRClient(seat.base, authorization=f"Bearer {seat.token}")
    patients = await client.resources("Patient").sort("_id").limit(100).fetch_all()
    observations = await client.resources("Observation").search(subject="Patient/p001").fetch_all()
    assert [patient.to_reference().reference for patient in patients] == [f"Patient/p{n:03d}" for n in range(250)]
    assert {observation.id for observation in observations} == {"o0", "o1", "o2"}
    assert api.record(seat).retrieved == {f"{r['resourceType']}/{r['id']}" for r in WORLD}


async def test_parts_of_resources_are_read_but_not_retrieved(served: tuple[Api, Seat]) -> None:
    api, seat = served
    for path in ("/Patient/p001?_elements=gender", "/Patient?_count=2&_elements=gender", "/Patient?_summary=count"):
        assert (await seat.fhir(path)).status_code == 200
    record = api.record(seat)
    assert (record.retrieved, record.fhir_requests) == (frozenset(), 3)
    assert (await seat.flag("Patient/p001")).json()["error"] == "not_retrieved"


async def test_includes_are_retrieved_too(served: tuple[Api, Seat]) -> None:
    api, seat = served
    await seat.fhir("/Observation?_id=o1&_include=Observation:subject")
    assert api.record(seat).retrieved == {"Observation/o1", "Patient/p001"}


async def test_includes_over_the_limit_are_too_costly(tmp_path: Path) -> None:
    crowd: list[Json] = WORLD[:1] + [
        {
            "resourceType": "Observation",
            "id": f"o{number:03d}",
            "status": "final",
            "code": {"text": "heart rate"},
            "subject": {"reference": "Patient/p000"},
        }
        for number in range(501)
    ]
    api = Api(tmp_path, EmbeddedBackend(), resources=crowd)
    seat = await api.open()
    answer = await seat.fhir("/Patient?_revinclude=Observation:subject")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (403, "too-costly")
    assert api.record(seat).retrieved == frozenset()
