"""Servers in processes of their own, on free ports, stopped at the end of the block."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from benchmarks.machine import ROOT
from tasks import Address

_START_SECONDS = 600  # the first start of HAPI builds it


@contextmanager
def embedded_server(address: Address, caches: Path = Path(os.devnull)) -> Iterator[str]:
    """`ehr-sandbox fhir` on a world; gives its FHIR base URL. caches: where it keeps worlds, by default nowhere."""
    command = [sys.executable, "-c", "from ehr_sandbox.cli import main; main()", "fhir", str(address), "--port", "0"]
    with _running(command, re.compile(r"FHIR R4 server at (\S+) with"), {"XDG_CACHE_HOME": str(caches)}) as url:
        yield url


def cold_starts(address: Address, times: int) -> dict[str, float]:
    """The best seconds from nothing to the first answer, of a server that builds its world and one that finds it."""
    with tempfile.TemporaryDirectory() as folder:
        first = [_start(address, Path(folder) / str(n)) for n in range(times)]
        again = [_start(address, Path(folder) / str(n)) for n in range(times)]
    return {"cold_start_first": min(first), "cold_start": min(again)}


def _start(address: Address, caches: Path) -> float:
    start = time.perf_counter()
    with embedded_server(address, caches) as url, urlopen(f"{url}/Patient?_count=1") as answer:
        answer.read()
        return time.perf_counter() - start


def without_hapi() -> str | None:
    """Why there can be no HAPI here; None if there can."""
    missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
    return f"{' and '.join(missing)} not found" if missing else None


@contextmanager
def hapi_server() -> Iterator[str]:
    """Our build of HAPI FHIR with nothing loaded; gives its FHIR base URL."""
    with tempfile.TemporaryDirectory() as worlds:
        settings = {"HAPI_PORT": "0", "HAPI_HOST": "127.0.0.1", "HAPI_WORLDS": worlds}
        with _running([str(ROOT / "docker/hapi/run.sh")], re.compile(r"^READY (\S+)", re.MULTILINE), settings) as url:
            yield url


@contextmanager
def _running(command: list[str], ready: re.Pattern[str], settings: Mapping[str, str]) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **settings}, stdout=out, stderr=subprocess.STDOUT
            )
        try:
            yield _wait(process, log, ready)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait(process: "subprocess.Popen[bytes]", log: Path, ready: re.Pattern[str]) -> str:
    deadline = time.perf_counter() + _START_SECONDS
    while time.perf_counter() < deadline and process.poll() is None:
        if found := ready.search(log.read_text(errors="replace")):
            return found[1]
        time.sleep(0.01)
    raise RuntimeError(f"{process.args!r} did not start a server:\n" + log.read_text(errors="replace")[-2000:])
