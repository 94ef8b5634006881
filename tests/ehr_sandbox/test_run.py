"""Running agents: the lines a script gets, sealed worlds, cached worlds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.trial_audit import VARIANTS
from tests.ehr_sandbox.command import Outcome, ehr_sandbox, fhir

Command = Callable[..., Outcome]
PROMISED = {"task", "agent", "backend", "status", "net", "reward", "metrics", "record", "findings_sha256"}


def same_part(outcome: Outcome) -> list[dict[str, Any]]:
    """What two runs of the same thing must agree on."""
    return [{k: v for k, v in line.items() if k not in ("record", "seconds")} for line in outcome.lines]


def test_each_run_is_one_json_line_and_the_next_time_the_same(command: Command, tmp_path: Path) -> None:
    words = ("trial_audit/tiny", "--agent", "reference", "--agent", "random", "--seeds", "0-1", "--json")
    here = command("run", *words, "--records", tmp_path / "here")
    there = ehr_sandbox("run", *words, "--records", tmp_path / "there", env={"PYTHONHASHSEED": "4711"})
    assert [(line["task"], line["agent"]) for line in here.lines] == [
        (f"trial_audit/tiny/{index}", agent) for index in (0, 1) for agent in ("reference", "random")
    ]
    assert all(line.keys() >= PROMISED and line["status"] == "completed" for line in here.lines)
    assert [line["reward"] for line in here.lines if line["agent"] == "reference"] == [1.0, 1.0]
    assert same_part(here) == same_part(there)
    assert here.err == there.err == ""


def test_table_and_where_the_records_are(command: Command, tmp_path: Path) -> None:
    outcome = command("run", "mock", "--agent", "reference", "--agent", "noop", "--records", tmp_path)
    assert outcome.code == 0
    assert [line.split()[:5] for line in outcome.out.splitlines()[1:3]] == [
        ["mock/tiny/0", "reference", "completed", "1.000", "1.000"],
        ["mock/tiny/0", "noop", "completed", "0.000", "0.000"],
    ]
    assert f"2 of 2 runs scored; records in {tmp_path}" in outcome.out
    assert len(list(tmp_path.iterdir())) == 2


def test_model_endpoint_that_refuses_is_the_providers_failure_and_unscored(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with fhir("mock/tiny/0") as no_model:
        endpoint = no_model.url.replace("/fhir", "/v1")
        words = ("mock", "--agent", "llm", "--model", "m", "--model-url", endpoint, "--records", tmp_path)
        line, shown = command("run", *words, "--json"), command("run", *words)
    assert (line.code, shown.code) == (1, 1)
    assert (line.lines[0]["status"], line.lines[0]["failed_by"], line.lines[0]["reward"]) == (
        "failed",
        "model_provider",
        None,
    )
    assert "0 of 1 runs scored" in shown.out
    assert "mock/tiny/0 llm: the model's endpoint refused the call" in shown.out


def test_sealed_runs_say_so_and_only_their_salt_grades_them(
    command: Command, tmp_path: Path, salt_files: tuple[Path, Path]
) -> None:
    mine, other = salt_files
    sealed = command("run", "mock", "--salt-file", mine, "--records", tmp_path, "--json").lines[0]
    card = command("grade", sealed["record"], "--salt-file", mine, "--json").lines[0]
    assert (sealed["sealed"], card["sealed"], card["reward"]) == (True, True, 1.0)
    assert "(sealed)" in command("grade", sealed["record"], "--salt-file", mine).out
    for wrong in ((), ("--salt-file", other)):
        refused = command("grade", sealed["record"], *wrong)
        assert (refused.code, refused.out) == (1, "")
        assert refused.err.startswith("error (conflict): the record was made under the salt ")
        assert refused.err.endswith(": give the same --salt-file\n")
        assert "1111" not in refused.err + Path(sealed["record"]).read_text()


def test_cached_world_gives_the_same_run_and_holds_no_truth(command: Command, tmp_path: Path) -> None:
    words = ("run", "trial_audit/tiny", "--records", tmp_path / "runs", "--json")
    cache = tmp_path / "cache"
    plain, writes, reads = command(*words), *(command(*words, "--world-cache", cache) for _ in range(2))
    assert same_part(plain) == same_part(writes) == same_part(reads)
    (file,) = cache.iterdir()
    assert "trial_audit" not in file.name
    assert b'"items"' not in file.read_bytes()


@pytest.mark.slow
def test_demo_keeps_its_promise_on_every_variant(command: Command, tmp_path: Path) -> None:
    outcome = command("demo", "--json", "--records", tmp_path)
    assert outcome.code == 0
    rewards = {(line["task"], line["agent"]): line["reward"] for line in outcome.lines}
    assert {task for task, _ in rewards} == {f"trial_audit/{v}/0" for v in VARIANTS}
    assert {reward for (_, agent), reward in rewards.items() if agent == "reference"} == {1.0}
    assert {reward for (_, agent), reward in rewards.items() if agent in ("noop", "flag_all")} == {0.0}
    assert {line["status"] for line in outcome.lines} == {"completed"}
    assert len(list(tmp_path.iterdir())) == len(rewards)
