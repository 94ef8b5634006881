"""Runs the HL7 validator (validator/README.md) over resources; builds it first where it is not built yet."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parent / "validator"
US_CORE = Path(__file__).parents[1] / "data" / "us-core-6.1.0.tgz"


@dataclass(frozen=True)
class Mode:
    """Options of the Java machine and of the validator."""

    machine: tuple[str, ...]
    validator: tuple[str, ...] = ()


_START = ("-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_THREADS = min(4, os.cpu_count() or 1)

FEW = Mode(machine=_START)
"""Starts quickly: for some hundred resources."""
THREADED = Mode(machine=_START, validator=("--threads", "2"))
MANY = Mode(machine=(f"-Xmx{_THREADS}g", "-XX:+UseParallelGC"), validator=("--threads", str(_THREADS)))
"""A thread on each core, up to four, and the full compiler: for whole worlds."""
UNTOUCHED = Mode(machine=_START, validator=("--fresh",))
"""The library's own way, a new HL7 validator for each resource: what the others are compared with."""


@dataclass(frozen=True)
class Issue:
    """line: which of the resources, from 1. location: None if it is of the whole resource."""

    line: int
    type: str
    id: str
    severity: str
    location: str | None
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.type}/{self.id} {self.location}: {self.message}"


@dataclass(frozen=True)
class Verdict:
    """issues: in the order of the resources. downgraded: how many errors became warnings because a value set is not
    there. seconds: without the start."""

    resources: int
    issues: tuple[Issue, ...]
    downgraded: int
    seconds: float

    @property
    def errors(self) -> tuple[str, ...]:
        return tuple(str(issue) for issue in self.issues if issue.severity in ("error", "fatal"))

    @property
    def rejected(self) -> frozenset[str]:
        """Ids of the resources that have an error."""
        return frozenset(issue.id for issue in self.issues if issue.severity in ("error", "fatal"))


def built(cache: pytest.Cache) -> Path:
    """The folder with the classes and the class path. Skips without a JDK and Maven or when Maven gets no packages."""
    missing = [name for name in ("javac", "mvn") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"no HL7 validator: {' and '.join(missing)} missing; install a JDK >= 17 and Maven")
    sources = [SOURCE / "pom.xml", *sorted((SOURCE / "src").rglob("*.java"))]
    key = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    target = Path(cache.mkdir(f"us-core-validator-{key}"))
    if not (target / "cp.txt").is_file():
        goals = [
            "compile",
            "dependency:build-classpath",
            f"-Dmdep.outputFile={target / 'cp.txt'}",
            f"-Dtarget={target}",
        ]
        ran = subprocess.run(["mvn", "-q", "-B", "-f", SOURCE / "pom.xml", *goals], capture_output=True, text=True)
        if ran.returncode and "Could not transfer" in ran.stdout:
            pytest.skip("no HL7 validator: Maven cannot reach its repository")
        assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    return target


def validate(target: Path, resources: Iterable[bytes], mode: Mode = FEW, floor: str = "error") -> Verdict:
    """The verdict over resources, each as JSON. floor: the least severity that is told."""
    path = f"{target / 'classes'}:{(target / 'cp.txt').read_text()}"
    options = ["--package", US_CORE, "--supplement", SOURCE / "supplement.json", "--min-severity", floor]
    ran = subprocess.run(
        [
            "java",
            *mode.machine,
            "-XX:+ExitOnOutOfMemoryError",
            "-cp",
            path,
            "UsCoreValidator",
            *options,
            *mode.validator,
        ],
        input=b"\n".join(resources),
        capture_output=True,
    )
    assert ran.returncode in (0, 1), ran.stdout[-200:] + ran.stderr[-2000:]
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    return _verdict(lines[:-1], lines[-1]["summary"])


def _verdict(issues: Sequence[dict[str, Any]], summary: dict[str, Any]) -> Verdict:
    return Verdict(
        resources=summary["resources"],
        issues=tuple(_issue(issue) for issue in issues),
        downgraded=summary["downgradedErrors"],
        seconds=summary["validateSeconds"],
    )


def _issue(told: dict[str, Any]) -> Issue:
    return Issue(**{field.name: told[field.name] for field in fields(Issue)})
