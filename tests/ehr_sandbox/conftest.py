"""The command inside this process (fast), and what several tests share: a written tiny world, and runs of it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ehr_sandbox.cli import main
from tests.ehr_sandbox.command import Outcome, ehr_sandbox


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """`command("run", "mock")`: the entry point of `ehr-sandbox` called in this process."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "EHR_SANDBOX_OPERATOR_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["ehr-sandbox", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        written = capsys.readouterr()
        return Outcome(code, written.out, written.err)

    return call


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of trial_audit/tiny/0, written by `seed`; its truth lies beside it in `truth.json`."""
    folder = tmp_path_factory.mktemp("seeded") / "tiny"
    outcome = ehr_sandbox("seed", "trial_audit/tiny/0", "--out", folder, "--truth", folder.parent / "truth.json")
    assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture(scope="session")
def salt_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two secret salts."""
    folder = tmp_path_factory.mktemp("salts")
    files = folder / "one", folder / "two"
    files[0].write_text("1" * 64 + "\n")
    files[1].write_text("2" * 64 + "\n")
    return files
