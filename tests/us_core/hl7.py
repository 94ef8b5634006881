"""Runs the HL7 validator (validator/README.md) over resources; builds it first where it is not built yet."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parent / "validator"
US_CORE = Path(__file__).parents[1] / "data" / "us-core-6.1.0.tgz"
_MAIN = "src/main/java/UsCoreValidator.java"


@dataclass(frozen=True)
class Verdict:
    """errors: `type/id location: message`. rejected: ids of the resources that have one. downgraded: how many errors
    became warnings because a value set is not there."""

    resources: int
    errors: tuple[str, ...]
    rejected: frozenset[str]
    downgraded: int


def built(cache: pytest.Cache) -> Path:
    """The folder with the classes and the class path. Skips without a JDK and Maven or when Maven gets no packages."""
    missing = [name for name in ("javac", "mvn") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"no HL7 validator: {' and '.join(missing)} missing; install a JDK >= 17 and Maven")
    key = hashlib.sha256((SOURCE / "pom.xml").read_bytes() + (SOURCE / _MAIN).read_bytes()).hexdigest()[:12]
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


def validate(target: Path, resources: Sequence[bytes]) -> Verdict:
    """The verdict over resources, each as JSON."""
    path = f"{target / 'classes'}:{(target / 'cp.txt').read_text()}"
    options = ["--package", US_CORE, "--supplement", SOURCE / "supplement.json", "--min-severity", "error"]
    ran = subprocess.run(
        ["java", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", path, "UsCoreValidator", *options],
        input=b"\n".join(resources),
        capture_output=True,
    )
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert lines, ran.stderr[-2000:]
    return _verdict(lines[:-1], lines[-1]["summary"])


def _verdict(issues: Sequence[dict[str, Any]], summary: dict[str, Any]) -> Verdict:
    return Verdict(
        resources=summary["resources"],
        errors=tuple(f"{i['type']}/{i['id']} {i['location']}: {i['message']}" for i in issues),
        rejected=frozenset(i["id"] for i in issues),
        downgraded=summary["downgradedErrors"],
    )
