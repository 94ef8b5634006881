"""The installed command `ehr-sandbox`, as a process: run to its end, or started and watched."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("ehr-sandbox"))
PATIENCE = 90.0
"""Seconds until a process must have done what is waited for, on a busy machine."""


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as one JSON object per line."""
        return [json.loads(line) for line in self.out.splitlines()]


def environment(**more: str) -> dict[str, str]:
    """This process's, without what would give the command a model, a token, or a world that is built already."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "EHR_SANDBOX_"))}
    return kept | {"XDG_CACHE_HOME": os.devnull} | more


def ehr_sandbox(*words: object, env: Mapping[str, str] | None = None) -> Outcome:
    """Run the command to its end in a process of its own."""
    ended = subprocess.run(
        [COMMAND, *map(str, words)], capture_output=True, text=True, env=environment(**(env or {})), timeout=PATIENCE
    )
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


@contextmanager
def started(*words: object, env: Mapping[str, str] | None = None) -> Iterator["subprocess.Popen[str]"]:
    """The command as a running process; killed at the end if it is still there."""
    process = subprocess.Popen(
        [COMMAND, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**(env or {})),
        preexec_fn=_heed_interrupts,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def _heed_interrupts() -> None:
    """A shell starts its background jobs, and so a CI's tests, with SIGINT ignored; a user's terminal does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(happened: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Until it happened. Fails if the process ends before."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert process.poll() is None, f"ended with {process.returncode}: {process.communicate()}"
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.001)


@dataclass(frozen=True)
class Fhir:
    """A running `ehr-sandbox fhir`."""

    url: str
    process: "subprocess.Popen[str]"

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2].partition("/")[0]


@contextmanager
def fhir(*words: object, port: object = 0, env: Mapping[str, str] | None = None) -> Iterator[Fhir]:
    with started("fhir", *words, "--port", port, env=env) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("FHIR R4 server at "), line + process.stderr.read() if process.stderr else line
        yield Fhir(line.split()[4], process)


@dataclass(frozen=True)
class Serve:
    """A running `ehr-sandbox serve`; headers: the operator's."""

    operator: str
    agent: str
    headers: Mapping[str, str]
    records: Path
    process: "subprocess.Popen[str]"


@contextmanager
def serve(records: Path, *words: object) -> Iterator[Serve]:
    with started("serve", "--agent-port", 0, "--operator-port", 0, "--records", records, *words) as process:
        assert process.stdout is not None
        text = ""
        while "curl" not in text:
            line = process.stdout.readline()
            assert line, process.communicate()
            text += line
        operator, agent = re.findall(r"API +(http://\S+)", text)
        token = re.search(r"operator token +(\S+)", text)
        yield Serve(operator, agent, {"Authorization": f"Bearer {token[1] if token else ''}"}, records, process)
