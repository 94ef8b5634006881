"""Loading a written world onto FHIR servers: whole, after an interruption of either side, and onto a real HAPI."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from fhir_r4 import canonical, digest, reference_of
from tests.ehr_sandbox.command import Outcome, ehr_sandbox, fhir, started, wait_for

Command = Callable[..., Outcome]


@pytest.fixture(scope="module")
def easy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world that takes a second to load."""
    folder = tmp_path_factory.mktemp("seeded") / "easy"
    outcome = ehr_sandbox("seed", "trial_audit/easy/0", "--out", folder)
    assert outcome.code == 0, outcome.err
    return folder


def manifest(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return read


def counts(url: str, folder: Path) -> dict[str, int]:
    with httpx.Client(headers={"Cache-Control": "no-cache"}) as client:
        return {kind: client.get(f"{url}/{kind}?_summary=count").json()["total"] for kind in manifest(folder)["counts"]}


def held(url: str, folder: Path) -> str:
    """Digest of everything of the folder's types that the server answers, page by page."""
    found = []
    with httpx.Client(headers={"Cache-Control": "no-cache"}) as client:
        for kind in manifest(folder)["counts"]:
            page = f"{url}/{kind}?_count=200&_sort=_id"
            while page:
                answer = client.get(page)
                found += [canonical(text.encode()) for text in resources_of(answer.text)]
                page = next((link["url"] for link in answer.json()["link"] if link["relation"] == "next"), "")
    return digest((reference_of(json.loads(text)), text) for text in found)


def resources_of(bundle: str) -> list[str]:
    """Texts of a searchset's resources, with decimals as written."""
    parsed = json.loads(bundle, parse_float=Written)
    return [json.dumps(entry["resource"], default=str) for entry in parsed.get("entry", [])]


def state_of(folder: Path) -> Path | None:
    return next(iter(folder.parent.glob(f".{folder.name}.*.load")), None)


def transactions(folder: Path) -> int:
    state = state_of(folder)
    return state.read_bytes().count(b"\n") - 1 if state else 0
