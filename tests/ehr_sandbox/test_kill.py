"""What is left when a run, the API, or the FHIR server below it is killed in the middle."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tasks import read_record
from tests.ehr_sandbox.command import Outcome, fhir, serve, started, wait_for

Command = Callable[..., Outcome]


def lines_in(folder: Path) -> int:
    """Whole lines of the only record in the folder so far."""
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("*.ndjson"))


def test_killed_run_leaves_a_record_that_reads_and_grades_as_it_stands(command: Command, tmp_path: Path) -> None:
    with started("run", "trial_audit/hard/0", "--records", tmp_path) as run:
        wait_for(lambda: lines_in(tmp_path) >= 10, run)
        run.kill()
        run.wait()
    (path,) = tmp_path.iterdir()
    with path.open("rb") as lines:
        record = read_record(lines)
    assert record.end is None
    assert [event.seq for event in record.events] == list(range(1, len(record.events) + 1))
    assert len(record.events) == path.read_bytes().count(b"\n") - 1 >= 9
    graded = command("grade", path, "--json")
    assert (graded.code, graded.err) == (0, "")
    card = graded.lines[0]
    assert (card["task"], card["metrics"]["fhir_requests"]) == ("trial_audit/hard/0", record.fhir_requests)
    assert card["reward"] is not None
    assert command("grade", path, "--json").out == graded.out


def test_interrupted_run_says_so_and_ends_its_record(tmp_path: Path) -> None:
    with started("run", "trial_audit/hard/0", "--records", tmp_path) as run:
        wait_for(lambda: lines_in(tmp_path) >= 5, run)
        run.send_signal(signal.SIGINT)
        err = run.communicate()[1]
    assert (run.returncode, err) == (130, "interrupted; what was written so far is kept\n")
    (path,) = tmp_path.iterdir()
    end = json.loads(path.read_text().splitlines()[-1])
    assert (end["event"], end["cause"], end["failed_by"]) == ("end", "failed", "harness")


def test_finding_that_was_accepted_before_the_kill_counts(command: Command, tiny: Path, tmp_path: Path) -> None:
    truth = json.loads((tiny.parent / "truth.json").read_text())
    item = truth["items"][0]
    flag = {
        "action": "flag_finding",
        "subject": item["subject"],
        "type": item["type"],
        "evidence": item["evidence"][0],
        "confidence": 1.0,
        "corrective_action": item["corrective_action"],
        "rationale": "seen",
    }
    with serve(tmp_path) as api:
        opened = httpx.post(f"{api.operator}/episodes", headers=api.headers, json={"task": "trial_audit/tiny/0"}).json()
        headers = {"Authorization": f"Bearer {opened['token']}"}
        for reference in (item["subject"], *item["evidence"][0]):
            assert httpx.get(f"{opened['fhir_base']}/{reference}", headers=headers).status_code == 200
        answer = httpx.post(f"{opened['agent_base']}/actions", headers=headers, json=flag)
        assert answer.json()["accepted"], answer.text
        api.process.kill()
        api.process.wait()
    card = command("grade", tmp_path / f"{opened['episode']}.ndjson", "--json").lines[0]
    assert card["net"] == pytest.approx(item["weight"] / sum(i["weight"] for i in truth["items"]), abs=1e-6)
    assert (card["metrics"]["found"], card["metrics"]["false"]) == (1, 0)


def test_fhir_server_killed_in_the_middle_leaves_the_run_failed_by_backend_and_unscored(
    command: Command, tmp_path: Path
) -> None:
    with (
        fhir() as below,
        started("run", "trial_audit/easy/0", "--backend", below.url, "--records", tmp_path, "--json") as run,
    ):
        wait_for(lambda: lines_in(tmp_path) >= 6, run)
        below.process.kill()
        out, err = run.communicate()
    assert (run.returncode, err) == (1, "")
    line = json.loads(out)
    assert (line["status"], line["failed_by"], line["net"], line["reward"]) == ("failed", "backend", None, None)
    assert "502" in line["detail"]
    card = command("grade", line["record"], "--json").lines[0]
    assert (card["cause"], card["reward"]) == ("failed", None)
    assert "unscored" in command("grade", line["record"]).out
