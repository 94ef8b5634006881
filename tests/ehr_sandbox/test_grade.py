"""Grading a record again, without any server."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ehr_sandbox.grading import explain_record, grade_record
from ehr_sandbox.worlds import WorldShelf
from fhir_r4 import Invalid
from tasks import PUBLIC_SALT, RunRecord, read_record
from tests.ehr_sandbox.command import Outcome, ehr_sandbox

Command = Callable[..., Outcome]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the naive agent on trial_audit/tiny/0: right, wrong and missed findings."""
    folder = tmp_path_factory.mktemp("runs")
    outcome = ehr_sandbox("run", "trial_audit/tiny", "--agent", "naive", "--records", folder, "--json")
    assert outcome.code == 0, outcome.err
    return Path(outcome.lines[0]["record"])


def test_twice_the_same_bytes_also_in_another_process(command: Command, record: Path) -> None:
    texts = {command("grade", record, "--json").out for _ in range(2)}
    texts.add(ehr_sandbox("grade", record, "--json", env={"PYTHONHASHSEED": "4711"}).out)
    assert len(texts) == 1


def test_grade_is_that_of_the_run(command: Command, tmp_path: Path) -> None:
    line = command("run", "trial_audit/tiny", "--records", tmp_path, "--json").lines[0]
    card = command("grade", line["record"], "--json").lines[0]
    assert {
        name: card[name] for name in ("task", "agent", "net", "reward", "sealed", "findings_sha256", "metrics")
    } == {name: line[name] for name in ("task", "agent", "net", "reward", "sealed", "findings_sha256", "metrics")}


def test_explain_has_a_line_for_every_item_and_finding(command: Command, record: Path, tiny: Path) -> None:
    truth = json.loads((tiny.parent / "truth.json").read_text())
    said = command("grade", record, "--explain").out
    assert [item["subject"] for item in truth["items"] if item["subject"] not in said] == []
    assert {"found", "missed"} & {line.split()[0].rstrip(":") for line in said.splitlines() if line.strip()}
    assert len(said.splitlines()) > len(command("grade", record).out.splitlines())


def test_table_names_requirements_and_the_salt(command: Command, record: Path) -> None:
    said = command("grade", record).out
    assert said.startswith("trial_audit/tiny/0  naive  submitted  net ")
    assert "(public salt: not a benchmark result)" in said
    assert "checkpoint" in said


def changed_digest(lines: list[bytes]) -> list[bytes]:
    header = json.loads(lines[0]) | {"world_digest": "0" * 64}
    return [json.dumps(header).encode() + b"\n", *lines[1:]]


def other_task(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b"trial_audit/tiny/0", b"trial_audit/tiny/1"), *lines[1:]]


def unknown_task(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b"trial_audit/tiny/0", b"chess/tiny/0"), *lines[1:]]


def other_version(lines: list[bytes]) -> list[bytes]:
    header = json.loads(lines[0]) | {"world_version": "0"}
    return [json.dumps(header).encode() + b"\n", *lines[1:]]


def spoilt_line(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], lines[3][:50] + b"\n", *lines[4:]]


def twice(lines: list[bytes]) -> list[bytes]:
    return [*lines, *lines]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (changed_digest, "error (invalid): the record of trial_audit/"),
        (other_task, "error (invalid): the record of trial_audit/"),
        (unknown_task, "error (invalid): the record is of chess/tiny/0, which this version does not have"),
        (other_version, "error (conflict): the record's world is version 0, this is version 1"),
        (spoilt_line, "error (invalid): line 4 of the run record is not one"),
        (twice, "is out of place: one header first, one end last"),
    ],
)
def test_record_that_was_changed_is_refused(
    command: Command,
    record: Path,
    tmp_path: Path,
    damage: Callable[[list[bytes]], list[bytes]],
    says: str,
) -> None:
    copy = tmp_path / "copy.ndjson"
    copy.write_bytes(b"".join(damage(record.read_bytes().splitlines(keepends=True))))
    refused = command("grade", copy)
    assert (refused.code, refused.out) == (1, "")
    assert says in refused.err
    assert refused.err.count("\n") == 1


@pytest.mark.parametrize("of", [grade_record, explain_record])
@pytest.mark.parametrize("damage", [changed_digest, other_task])
def test_what_is_not_graded_is_not_explained_either(
    record: Path, of: Callable[[RunRecord, WorldShelf], object], damage: Callable[[list[bytes]], list[bytes]]
) -> None:
    run = read_record(damage(record.read_bytes().splitlines(keepends=True)))
    with pytest.raises(Invalid, match="is of world"):
        of(run, WorldShelf(PUBLIC_SALT))


def test_torn_last_line_is_left_out(command: Command, record: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.ndjson"
    copy.write_bytes(record.read_bytes()[:-30])
    card = command("grade", copy, "--json").lines[0]
    whole = command("grade", record, "--json").lines[0]
    assert (card["net"], card["findings_sha256"]) == (whole["net"], whole["findings_sha256"])
