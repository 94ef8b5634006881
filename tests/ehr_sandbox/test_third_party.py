"""A FHIR client that no one here wrote, fhirpy, reads a whole world through the gateway, page by page."""

import json
from collections import Counter
from pathlib import Path

import httpx
from fhirpy import SyncFHIRClient

from tasks.trial_audit import VARIANTS
from tests.ehr_sandbox.command import serve

PAGE = 100


def test_fhirpy_gets_exactly_the_resources_that_are_there(tiny: Path, tmp_path: Path) -> None:
    seeded = {
        (node["resourceType"], node["id"]): node
        for file in tiny.glob("*.ndjson")
        for node in map(json.loads, file.read_text().splitlines())
    }
    with serve(tmp_path) as api:
        task = {"task": "trial_audit/tiny/0", "agent": "fhirpy"}
        episode = httpx.post(f"{api.operator}/episodes", headers=api.headers, json=task).json()
        client = SyncFHIRClient(episode["fhir_base"], authorization=f"Bearer {episode['token']}")
        read = [
            resource.serialize()
            for kind in sorted({kind for kind, _ in seeded})
            for resource in client.resources(kind).limit(PAGE).sort("_id")
        ]
        row = httpx.get(f"{api.operator}/episodes", headers=api.headers).json()[0]
    assert len(read) == len(seeded)
    assert {(node["resourceType"], node["id"]): without_server_fields(node) for node in read} == {
        reference: without_server_fields(node) for reference, node in seeded.items()
    }
    pages = Counter(kind for kind, _ in seeded)
    assert row["fhir_left"] == VARIANTS["tiny"].budget.fhir - sum(-(-rows // PAGE) for rows in pages.values())


def without_server_fields(node: dict) -> dict:
    meta = {k: v for k, v in node.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    return {**{k: v for k, v in node.items() if k != "meta"}, "meta": meta}
