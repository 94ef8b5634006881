"""A population that no one here wrote, by Synthea 3.3.0: two of its patients from `tests/data`, or all of them,
generated where Maven is. https://github.com/synthetichealth/synthea (Apache-2.0)"""

import gzip
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from fhir_r4 import parse_exact, reference_of

SAMPLE = Path(__file__).parents[1] / "data" / "synthea-3.3.0-sample.ndjson.gz"
SETTINGS = ("-s", "20251", "-cs", "20251", "-p", "20", "-r", "20260101", "--exporter.fhir.us_core_version=6.1.0")

Bundle = dict[str, Any]
Resource = dict[str, Any]


def sample() -> list[Bundle]:
    """Bundles as Synthea exports them, in the order to send them: hospitals, practitioners, two patients."""
    return [parse_exact(line) for line in gzip.decompress(SAMPLE.read_bytes()).splitlines()]


def population(cache: pytest.Cache) -> list[Bundle]:
    """21 patients (20 alive), 33,857 resources. Skips without Java and Maven."""
    missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"no Synthea: install {' and '.join(missing)}")
    folder = Path(cache.mkdir("synthea-3.3.0"))
    exported = folder / "output" / "fhir"
    if not exported.is_dir():
        _generate(folder)
    files = sorted(exported.glob("*.json"), key=lambda file: (not file.name.startswith(("hosp", "prac")), file.name))
    return [parse_exact(file.read_bytes()) for file in files]


def _generate(folder: Path) -> None:
    pom, classes = Path(__file__).with_name("pom.xml"), folder / "cp.txt"
    goal = ["dependency:build-classpath", f"-Dmdep.outputFile={classes}"]
    ran = subprocess.run(["mvn", "-q", "-B", "-f", pom, *goal], capture_output=True, text=True)
    if ran.returncode:
        pytest.skip(f"no Synthea: Maven cannot get it: {ran.stdout[-300:]}")
    command = ["java", "-cp", classes.read_text(), "App", *SETTINGS, "Massachusetts"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def resources(bundles: Iterable[Bundle]) -> list[Resource]:
    """Every resource, its references literal: `urn:uuid:` and `Type?identifier=` ones become `Type/id`."""
    entries = [entry for bundle in bundles for entry in bundle["entry"]]
    names = {entry["fullUrl"]: reference_of(entry["resource"]) for entry in entries}
    for entry in entries:
        node = entry["resource"]
        for identifier in node.get("identifier", ()):
            query = f"{node['resourceType']}?identifier={identifier.get('system')}|{identifier['value']}"
            names.setdefault(query, reference_of(node))
    return [_literal(entry["resource"], names) for entry in entries]


def _literal(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _literal(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [_literal(value, names) for value in node]
    return names.get(node, node) if isinstance(node, str) else node


def trimmed(bundles: Sequence[Bundle], patients: Sequence[str]) -> list[Bundle]:
    """What `tests/data` holds: the bundles of the patients with these names, and of the others what they refer to."""
    kept = [b for b in bundles if b["type"] == "transaction" and _name(b) in patients]
    wanted = set(_strings(kept))
    shared = [b for b in bundles if b["type"] == "batch"]
    return [{**b, "entry": [e for e in b["entry"] if _is_wanted(e["resource"], wanted)]} for b in shared] + kept


def _name(bundle: Bundle) -> str:
    person = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
    return str(person["name"][0]["given"][0])


def _is_wanted(node: Resource, wanted: set[str]) -> bool:
    if node["resourceType"] == "PractitionerRole":
        person = node["practitioner"]["identifier"]
        return f"Practitioner?identifier={person['system']}|{person['value']}" in wanted
    return any(
        f"{node['resourceType']}?identifier={i.get('system')}|{i['value']}" in wanted for i in node["identifier"]
    )


def _strings(node: Any) -> Iterable[str]:
    if isinstance(node, dict | list):
        for value in node.values() if isinstance(node, dict) else node:
            yield from _strings(value)
    elif isinstance(node, str):
        yield node
