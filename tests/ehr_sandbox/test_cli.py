"""What every command says about itself, and about words it cannot use."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from ehr_sandbox.cli import COMMANDS, app_of
from tasks.trial_audit import VARIANTS
from tests.ehr_sandbox.command import Outcome, ehr_sandbox

Command = Callable[..., Outcome]
NOBODY = "http://127.0.0.1:9/fhir"


def test_help_lists_every_command_and_where_to_start() -> None:
    outcome = ehr_sandbox("--help")
    assert outcome.code == 0
    assert "Start with:" in outcome.out
    assert [name for name in COMMANDS if not re.search(rf"^  {name} ", outcome.out, re.MULTILINE)] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_of_a_command_shows_an_example_and_describes_every_option(command: Command, name: str) -> None:
    outcome = command(name, "--help")
    assert outcome.code == 0
    assert f"Example: ehr-sandbox {name}" in outcome.out
    assert [
        p.name for p in typer.main.get_group(app_of([name])).commands[name].params if not getattr(p, "help", None)
    ] == []


def test_list_shows_tasks_budgets_and_agents(command: Command) -> None:
    rows = {row["task"]: row for row in command("list", "--json").lines}
    assert set(rows) == {*(f"trial_audit/{v}" for v in VARIANTS), "mock/tiny"}
    assert (rows["trial_audit/tiny"]["fhir"], rows["trial_audit/tiny"]["actions"]) == (40, 12)
    assert "trial_audit/hard" in command("list").out


@pytest.mark.parametrize(("word", "count"), [("trial_audit", len(VARIANTS)), ("trial_audit/hard", 1), ("mock", 1)])
def test_list_of_a_part(command: Command, word: str, count: int) -> None:
    assert len(command("list", word, "--json").lines) == count


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("run nope", "error (not_found): no suite 'nope'; there are: trial_audit, mock"),
        ("list nope", "error (not_found): no suite 'nope'; there are: trial_audit, mock"),
        (
            "run trial_audit/nope",
            "error (not_found): trial_audit has no variant 'nope'; there are: tiny, easy, medium, hard",
        ),
        ("run trial_audit/tiny/0/0", "error (invalid): 'trial_audit/tiny/0/0' is not a task: write suite,"),
        ("run trial_audit/tiny/-1", "error (invalid): '-1' is not a task index: write a whole number from 0"),
        ("validate trial_audit/tiny/x", "error (invalid): 'x' is not a task index: write a whole number from 0"),
        ("seed mock/tiny --out w", "error (invalid): name one task, as in mock/tiny/0"),
        ("run mock --seeds 5-2", "error (invalid): --seeds 5-2: the last index is below the first"),
        ("run mock --seeds 1-", "error (invalid): '' is not a task index"),
        ("run mock --seeds 0-9999999", "error (invalid): --seeds 0-9999999 names more than a million indices"),
        ("run mock/tiny/0 --seeds 0", "error (invalid): name indices once: either suite/variant/index or --seeds"),
        ("run mock --salt-file nothing", "error (invalid): no salt file at nothing: name a file"),
        ("run mock --salt-file short", "error (invalid): the salt file must hold 64 lower-case hex characters"),
        ("seed mock/tiny/0 --out w --salt-file binary", "error (invalid): the salt file must hold 64 lower-case hex"),
        ("run mock --agent nope", "error (not_found): mock has no agent 'nope'; there are: noop, reference, llm"),
        ("run mock --agent llm --model m --model-url http://h/v1", "OPENAI_API_KEY in the environment, --model NAME"),
        (f"run mock --backend {NOBODY}", f"error (backend_down): the FHIR server at {NOBODY} is not reachable"),
        ("run mock --backend nonsense", "error (invalid): --backend 'nonsense' is not an http URL: write it as http"),
        ("run mock --backend http://h:x/fhir", "error (invalid): --backend 'http://h:x/fhir' is not a URL"),
        ("run mock --records short", "error (file): short: File exists"),
        ("load nothing --fhir-url http://h/fhir", "error (not_found): nothing does not exist; give an NDJSON folder"),
        ("load full --fhir-url nonsense", "error (invalid): --fhir-url 'nonsense' is not an http URL"),
        ("load full --fhir-url http://h/fhir --header x", "error (invalid): a --header is written 'Name: value'"),
        ("load full --fhir-url http://h/fhir", "error (invalid): full holds no FHIR resources"),
        ("fhir nothing", "error (not_found): no suite 'nothing'; there are: trial_audit, mock"),
        ("fhir mock/tiny/0 --port 99999", "error (invalid): 99999 is not a port"),
        ("serve --agent-port -1", "error (invalid): -1 is not a port"),
        ("grade nothing", "error (not_found): no run record at nothing; `ehr-sandbox run` says where it put them"),
        ("grade short", "error (invalid): line 1 of the run record is not one"),
        ("grade empty", "error (invalid): the run record has no header line: it is empty, or not a run record"),
        ("seed mock/tiny/0 --out full", "error (conflict): full is not an empty folder: name a new one"),
        ("seed mock/tiny/0 --out short", "error (conflict): short is not an empty folder: name a new one"),
        ("seed mock/tiny/0 --out w --truth w/truth.json", "error (invalid): w/truth.json is inside w: keep the truth"),
    ],
)
def test_words_that_cannot_be_used_get_one_line_that_says_what_to_do(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full/notes.txt").write_text("mine")
    Path("short").write_text("abc\n")
    Path("binary").write_bytes(b"\xff\xfe" * 32)
    Path("empty").touch()
    outcome = command(*words.split())
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("error (")
    assert says in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("frobnicate", "No such command 'frobnicate'"),
        ("run", "Missing argument 'TASK'"),
        ("load w", "Missing option '--fhir-url'"),
        ("validate mock --workers 1", "Invalid value for '--workers'"),
    ],
)
def test_usage_errors_exit_with_2_and_point_to_help(command: Command, words: str, says: str) -> None:
    outcome = command(*words.split())
    assert outcome.code == 2
    assert says in outcome.err
    assert "--help" in outcome.err


def test_a_failure_of_the_real_command_is_one_line_on_standard_error() -> None:
    outcome = ehr_sandbox("run", "trial_audit/nope")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (f"error (not_found): trial_audit has no variant 'nope'; there are: {', '.join(VARIANTS)}\n")


def test_refused_seed_leaves_nothing_behind(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full/notes.txt").write_text("mine")
    command("seed", "mock/tiny/0", "--out", "full", "--truth", "truth.json")
    command("seed", "mock/tiny/0", "--out", "w", "--truth", "w/truth.json")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full"]
