"""The run record on disk: whole, valid against its schema, readable after a kill."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator

from env_api.recorder import Recorder, load_record
from fhir_r4 import Fault
from tasks import Header, Submitted, record_schema
from tests.helpers.fakes import Api, Seat

HEADER = Header(
    episode="e1",
    task="mock/tiny/0",
    world_version="1",
    world_digest="0",
    salt="public",
    backend="fake",
    now="2026-03-02T14:00:00Z",
    fhir_base="http://agent.test/episodes/e1/fhir",
    fhir_budget=1,
    action_budget=1,
    par=1,
)
SCHEMA = Path(__file__).parents[2] / "docs" / "run-record.schema.json"


async def test_a_record_holds_the_whole_episode_and_is_valid(api: Api) -> None:
    seat = await api.open(agent="tester")
    await seat.fhir("/Patient?_id=p2")
    await seat.fhir("/Patient/p1?_elements=id")
    await seat.fhir("/Patient/absent")
    await seat.flag("Patient/p2", "Patient/p2")
    await seat.flag("Patient/p1")
    await seat.act(b"nonsense")
    await seat.submit()
    lines = api.lines(seat)
    assert [line["event"] for line in lines] == ["header", *["fhir"] * 3, *["action"] * 3, "submit", "end"]
    assert [line["full"] for line in lines[1:4]] == [["Patient/p2/_history/1"], [], []]
    assert lines[2]["partial"] == ["Patient/p1/_history/1"]
    assert lines[3] | {"bytes": 0} == {
        "event": "fhir",
        "seq": 3,
        "method": "GET",
        "path": "Patient/absent",
        "query": "",
        "status": 404,
        "bytes": 0,
        "cost": 1,
        "left": 9,
        "full": [],
        "partial": [],
        "issue": "not-found",
    }
    assert [line["outcome"] for line in lines[4:7]] == ["accepted", "refused", "malformed"]
    assert lines[6]["action"] == {"text": "nonsense"}
    assert [finding["finding_id"] for finding in lines[-1]["findings"]] == ["F1"]
    for line in lines:
        Draft202012Validator(record_schema()).validate(line)


def test_the_committed_schema_is_the_records() -> None:
    assert orjson.loads(SCHEMA.read_bytes()) == record_schema()


async def test_a_torn_last_line_is_left_out(api: Api, seat: Seat) -> None:
    await seat.fhir("/Patient/p1")
    with api.path(seat).open("ab") as file:
        file.write(b'{"event":"fhir","se')
    assert len(load_record(api.path(seat)).events) == 1


async def test_a_record_is_for_its_owner_only(api: Api, seat: Seat) -> None:
    assert api.path(seat).stat().st_mode & 0o077 == 0


def test_a_record_is_never_written_over(tmp_path: Path) -> None:
    Recorder(tmp_path / "r.ndjson", HEADER).close()
    with pytest.raises(Fault, match="cannot be created"):
        Recorder(tmp_path / "r.ndjson", HEADER)


def test_a_failed_write_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmp_path / "r.ndjson", HEADER)
    write = os.write

    def half(file: int, data: bytes) -> int:
        if len(data) < 40:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: len(data) - 20])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        with pytest.raises(Fault, match="No space left"):
            recorder.write(Submitted(seq=1, report={"narrative": "x" * 100}))
    recorder.write(Submitted(seq=1, report={}))
    recorder.close()
    assert load_record(tmp_path / "r.ndjson").report == {}


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from env_api.recorder import Recorder; from tasks import *\n"
        f"header = Header.model_validate_json({HEADER.model_dump_json()!r})\n"
        "recorder = Recorder(Path(sys.argv[1]), header); recorder.write(Submitted(seq=1, report={'a': 1}))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    path = tmp_path / "r.ndjson"
    done = subprocess.run([sys.executable, "-c", program, str(path)], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == -signal.SIGKILL
    assert load_record(path).report == {"a": 1}
