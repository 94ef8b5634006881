"""FHIR clients that no one here wrote, on `ehr-sandbox fhir` started as a user starts it: read, page, search, write.

fhirpy and fhirclient (SMART's Python client) from PyPI, fhir-kit-client from npm.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.condition import Condition
from fhirclient.models.fhirsearch import FHIRSearch
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import ResourceNotFound

from fhir_seed.trial_audit import build
from tasks import PUBLIC_SALT, Address
from tests.ehr_sandbox.command import fhir

KIT = "fhir-kit-client@2.0.3"
SYSTEM = "http://example.org/ids"


@pytest.fixture(scope="module")
def world() -> list[dict[str, Any]]:
    rows = build(PUBLIC_SALT, Address(suite="trial_audit", variant="tiny", index=0)).world.resources
    return [json.loads(row) for row in rows]


@pytest.fixture
def url() -> Iterator[str]:
    with fhir("trial_audit/tiny/0") as server:
        yield server.url


@pytest.fixture(scope="session")
def kit(request: pytest.FixtureRequest) -> Path:
    """A folder where Node finds the client; skips without Node or where npm cannot get it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no fhir-kit-client: install Node.js and npm")
    cache = request.config.cache
    assert cache is not None
    folder = Path(cache.mkdir("fhir-kit-client-2.0.3"))
    if not (folder / "node_modules" / "fhir-kit-client").is_dir():
        options = ["--no-package-lock", "--no-audit", "--no-fund", "--prefix", str(folder)]
        ran = subprocess.run(["npm", "install", *options, KIT], capture_output=True, text=True)
        if ran.returncode:
            pytest.skip(f"no fhir-kit-client: npm cannot install it: {ran.stderr[-200:]}")
    return folder


def a_patient(number: str) -> dict[str, Any]:
    identifier = [{"system": SYSTEM, "value": number}]
    return {"resourceType": "Patient", "identifier": identifier, "name": [{"family": "Newcomer"}], "gender": "female"}


def of(world: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [node for node in world if node["resourceType"] == kind]


def busiest(world: list[dict[str, Any]]) -> tuple[str, set[str]]:
    """The patient with the most observations, and their ids."""
    ids: dict[str, set[str]] = {}
    for node in of(world, "Observation"):
        ids.setdefault(node["subject"]["reference"].partition("/")[2], set()).add(node["id"])
    return max(ids.items(), key=lambda item: len(item[1]))


def test_fhirpy(url: str, world: list[dict[str, Any]]) -> None:
    client = SyncFHIRClient(url)
    person, observations = busiest(world)
    assert client.get("Patient", person)["gender"] in ("female", "male")
    assert {r.id for r in client.resources("Observation").limit(7) if r["subject"].id == person} == observations
    found = client.resources("Observation").search(patient=person).limit(5).fetch_all()
    assert (len(found), {r.id for r in found}) == (len(observations), observations)
    assert client.resources("Patient").count() == len(of(world, "Patient"))
    included = client.resources("Encounter").search(patient=person).include("Encounter", "patient").fetch_raw()
    assert {e.resource.id for e in included.entry if e.search.mode == "include"} == {person}
    newcomer = {key: value for key, value in a_patient("1").items() if key != "resourceType"}
    made = client.resource("Patient", **newcomer).create()
    assert made["meta"]["versionId"] == "1"
    made["active"] = True
    assert made.update()["meta"]["versionId"] == "2"
    assert client.resources("Patient").search(identifier=f"{SYSTEM}|1").first().id == made.id
    once = SyncFHIRClient(url, extra_headers={"If-None-Exist": f"identifier={SYSTEM}|1"})
    assert once.resource("Patient", **newcomer).create().id == made.id
    made.delete()
    with pytest.raises(ResourceNotFound):
        client.get("Patient", made.id)


def test_fhirclient(url: str, world: list[dict[str, Any]]) -> None:
    smart = FHIRClient(settings={"app_id": "tests", "api_base": url})
    assert smart.prepare()
    assert smart.server.capabilityStatement.fhirVersion == "4.0.1"
    person, observations = busiest(world)
    assert Patient.read(person, smart.server).id == person
    search: FHIRSearch = Observation.where({"patient": person, "_count": "5"})
    assert [r.id for r in search.perform_resources_iter(smart.server)] == [
        r.id for bundle in search.perform_iter(smart.server) for r in (entry.resource for entry in bundle.entry)
    ]
    assert {r.id for r in search.perform_resources_iter(smart.server)} == observations
    assert len(list(Condition.where({"_count": "50"}).perform_resources_iter(smart.server))) == len(
        of(world, "Condition")
    )
    made = Patient(a_patient("1")).create(smart.server)
    assert (made["resourceType"], made["meta"]["versionId"]) == ("Patient", "1")
    smart.server.session.headers["If-None-Exist"] = f"identifier={SYSTEM}|1"
    assert Patient(a_patient("1")).create(smart.server)["id"] == made["id"]
    again = Patient.read(made["id"], smart.server)
    again.active = True
    assert again.update(smart.server)["meta"]["versionId"] == "2"
    again.delete(smart.server)
    assert httpx.get(f"{url}/Patient/{made['id']}").status_code == 410


def test_fhir_kit_client(kit: Path, url: str, world: list[dict[str, Any]]) -> None:
    person, observations = busiest(world)
    script = shutil.copy(Path(__file__).with_name("kit.mjs"), kit)
    ran = subprocess.run(["node", script, url, person], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    saw = json.loads(ran.stdout)
    assert (saw["read"], saw["fhirVersion"]) == (person, "4.0.1")
    assert (len(saw["pages"]) > 1, sorted(id for page in saw["pages"] for id in page)) == (True, sorted(observations))
    assert sorted(saw["posted"]) == sorted(observations)
    assert saw["patients"] == len(of(world, "Patient"))
    assert (saw["created"], saw["again"], saw["sameId"]) == (201, 200, True)
    assert (saw["updated"], saw["patched"], saw["history"]) == ("2", "3", 3)
    assert (saw["transaction"], saw["gone"]) == (["201 Created", "201 Created"], 410)
