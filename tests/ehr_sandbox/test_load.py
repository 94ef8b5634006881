"""Loading a written world onto FHIR servers: whole, after an interruption of either side, and onto a real HAPI."""

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from fhir_r4 import canonical_of, digest, parse_exact, reference_of
from tests.ehr_sandbox.command import COMMAND, Outcome, ehr_sandbox, environment, fhir, started, wait_for

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
    with httpx.Client(headers={"Cache-Control": "no-cache"}, timeout=60) as client:
        for kind in manifest(folder)["counts"]:
            page = f"{url}/{kind}?_count=200&_sort=_id"
            while page:
                bundle = parse_exact(client.get(page).content)
                found += [entry["resource"] for entry in bundle.get("entry", [])]
                page = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    return digest((reference_of(node), canonical_of(node)) for node in found)


def state_of(folder: Path) -> Path | None:
    return next(iter(folder.parent.glob(f".{folder.name}.*.load")), None)


def transactions(folder: Path) -> int:
    state = state_of(folder)
    return state.read_bytes().count(b"\n") - 1 if state else 0


def test_served_folder_loads_onto_an_empty_server_as_it_is(command: Command, tiny: Path) -> None:
    said = manifest(tiny)
    with fhir(tiny) as served, fhir() as empty:
        assert (counts(served.url, tiny), held(served.url, tiny)) == (said["counts"], said["digest"])
        outcome = command("load", tiny, "--fhir-url", empty.url, "--json")
        assert outcome.lines == [{"loaded": sum(said["counts"].values()), "resumed": 0, "failures": []}]
        assert (counts(empty.url, tiny), held(empty.url, tiny)) == (said["counts"], said["digest"])
        again = command("load", tiny, "--fhir-url", empty.url)
        assert again.out == f"{sum(said['counts'].values())} resources loaded onto {empty.url}, 0 refused\n"
        assert state_of(tiny) is None


def test_refused_resources_are_named_with_the_servers_words_and_the_rest_is_loaded(
    command: Command, tmp_path: Path
) -> None:
    rows = [
        {"resourceType": "Patient", "id": "p1"},
        {"resourceType": "Observation", "id": "o1", "status": "final", "subject": {"reference": "Patient/gone"}},
    ]
    data = tmp_path / "data.ndjson"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with fhir() as empty:
        outcome = command("load", data, "--fhir-url", empty.url)
        as_json = command("load", data, "--fhir-url", empty.url, "--json")
        assert httpx.get(f"{empty.url}/Patient/p1").status_code == 200
    assert (outcome.code, as_json.code) == (1, 1)
    assert "1 resources loaded" in outcome.out
    assert "1 refused\n  Observation/o1: HTTP 4" in outcome.out
    (failure,) = as_json.lines[0]["failures"]
    assert failure["reference"] == "Observation/o1"
    assert failure["because"]


def test_killed_load_resumes_to_the_right_counts_and_says_so(command: Command, easy: Path) -> None:
    size = sum(manifest(easy)["counts"].values())
    with fhir() as empty:
        with started("load", easy, "--fhir-url", empty.url) as load:
            wait_for(lambda: transactions(easy) >= 5, load)
            load.kill()
            load.wait()
        outcome = command("load", easy, "--fhir-url", empty.url)
        assert (counts(empty.url, easy), held(empty.url, easy)) == (
            manifest(easy)["counts"],
            manifest(easy)["digest"],
        )
    loaded, resumed = (int(word) for word in outcome.out.replace(",", "").split() if word.isdigit() and word != "0")
    assert "were there from before, 0 refused" in outcome.out
    assert loaded + resumed == size
    assert resumed >= 5
    assert state_of(easy) is None


def test_server_killed_in_the_middle_is_backend_down_and_the_load_goes_on_when_it_is_back(
    command: Command, easy: Path
) -> None:
    with fhir() as first, started("load", easy, "--fhir-url", first.url) as load:
        wait_for(lambda: transactions(easy) >= 5, load)
        first.process.kill()
        out, err = load.communicate()
    assert (load.returncode, out) == (1, "")
    assert err.startswith(f"error (backend_down): {first.url} does not answer after 6 attempts (")
    assert err.endswith("Start the server and run the same command again: it goes on where it stopped.\n")
    assert err.count("\n") == 1
    with fhir(port=first.port) as second:
        assert command("load", easy, "--fhir-url", second.url).code == 0
        assert counts(second.url, easy) == manifest(easy)["counts"]


def test_progress_is_for_terminals_only(tiny: Path) -> None:
    with fhir() as empty:
        words = (COMMAND, "load", str(tiny), "--fhir-url", empty.url)
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb", buffering=0) as screen:
            subprocess.run(words, stdout=subprocess.DEVNULL, stderr=theirs, check=True, env=environment(TERM="xterm"))
            os.close(theirs)
            seen = screen.read(100_000)
        assert b"loading" in seen
        assert ehr_sandbox(*words[1:]).err == ""


@pytest.mark.hapi
def test_real_hapi_takes_the_same_world(command: Command, empty_hapi: str, tiny: Path) -> None:
    said = manifest(tiny)
    outcome = command("load", tiny, "--fhir-url", empty_hapi, "--json")
    assert outcome.lines == [{"loaded": sum(said["counts"].values()), "resumed": 0, "failures": []}]
    assert (counts(empty_hapi, tiny), held(empty_hapi, tiny)) == (said["counts"], said["digest"])
