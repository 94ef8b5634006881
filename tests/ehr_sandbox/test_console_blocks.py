"""What docs/cli.md shows is what happens."""

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ehr_sandbox.command import Outcome

CLI = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()


def shown() -> Iterator[tuple[str, str]]:
    """Command and output of every console block."""
    for block in re.findall(r"```console\n\$ ehr-sandbox (.*?)```", CLI, re.DOTALL):
        line, _, output = block.partition("\n")
        yield line, output


def comparable(text: str) -> list[str]:
    """Lines without the ends that measure time or pad tables."""
    return [re.sub(r"\s+\d+\.\d\d$", " S", line.rstrip()) for line in text.strip().splitlines()]


def test_console_blocks_show_what_happens(
    command: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = list(shown())
    assert len(blocks) >= 6
    for line, output in blocks:
        if "RECORD" in line:
            made = command("run", "mock", "--records", "graded", "--json").lines[0]["record"]
            shutil.copy(made, "runs/RECORD.ndjson")
        outcome = command(*shlex.split(line))
        said = comparable(outcome.out or outcome.err)
        assert [row for row in comparable(output) if row not in said] == [], line
