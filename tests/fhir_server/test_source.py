"""Reading resources from disk."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from fhir_r4 import Invalid, NotFound, digest
from fhir_server.source import Source, read_source

PATIENT = '{"resourceType": "Patient", "id": "a", "multipleBirthInteger": 2}'
WEIGHT = '{"resourceType": "Observation", "id": "w", "valueQuantity": {"value": 70.50}}'


def manifest(folder: Path, **changes: object) -> None:
    files = {f.name: f for f in folder.glob("*.ndjson")}
    node = {
        "version": 1,
        "digest": read_source(folder).digest,
        "now": "2025-03-01T09:00:00Z",
        "counts": {},
        "files": {
            name: {"sha256": hashlib.sha256(f.read_bytes()).hexdigest(), "count": 1} for name, f in files.items()
        },
    }
    (folder / "manifest.json").write_text(json.dumps(node | changes))


def test_ndjson_folder_keeps_decimals_as_written(tmp_path: Path) -> None:
    (tmp_path / "all.ndjson").write_text(f"{PATIENT}\n\n{WEIGHT}\n")
    source = read_source(tmp_path)
    assert source.counts == {"Observation": 1, "Patient": 1}
    assert source.resources[1] == b'{"id":"w","resourceType":"Observation","valueQuantity":{"value":70.50}}'


def test_manifest_gives_now_and_is_checked(tmp_path: Path) -> None:
    (tmp_path / "Patient.ndjson").write_text(PATIENT)
    manifest(tmp_path)
    assert read_source(tmp_path).now == "2025-03-01T09:00:00Z"


def test_folder_of_json_files_and_gz_have_the_same_digest(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (one / "a.json").write_text(PATIENT)
    (one / "b.json").write_text(WEIGHT)
    (other / "all.ndjson.gz").write_bytes(gzip.compress(f"{WEIGHT}\n{PATIENT}".encode()))
    assert read_source(one).digest == read_source(other).digest == read_source(other / "all.ndjson.gz").digest


def test_bundle_is_unpacked_and_urn_references_become_literal(tmp_path: Path) -> None:
    urn = "urn:uuid:4a8d4c5e-0000-4000-8000-000000000001"
    entries = [
        {"fullUrl": urn, "resource": {"resourceType": "Patient"}},
        {"resource": {"resourceType": "Observation", "id": "o", "subject": {"reference": urn}}},
    ]
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}))
    assert json.loads(read_source(file).resources[1])["subject"]["reference"] == "Patient/" + urn.split(":")[2]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.ndjson", PATIENT + "\n{broken", "x.ndjson:2: not JSON"),
        ("x.json", '{\n "resourceType":,}', "x.json:2: not JSON"),
        ("x.json", "[1]", "not a FHIR resource"),
        ("x.json", '{"resourceType": "Patient"}', "needs an id"),
        ("x.json", '{"resourceType": "Patient", "id": "a/b"}', "needs an id"),
        ("x.ndjson", PATIENT + "\n" + PATIENT, "Patient/a is there twice"),
        ("x.txt", PATIENT, "holds no FHIR resources"),
    ],
)
def test_bad_content_names_the_place(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(Invalid, match=says):
        read_source(tmp_path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"digest": "0" * 64}, "says digest 000"),
        ({"version": 2}, "not a manifest of version 1"),
        ({"files": {"Gone.ndjson": {"sha256": "", "count": 1}}}, "lists Gone.ndjson"),
        ({"files": {"../Patient.ndjson": {"sha256": "", "count": 1}}}, "lists ../Patient.ndjson"),
        ({"files": {"Patient.ndjson": {"sha256": "0" * 64, "count": 1}}}, "Patient.ndjson is not the file"),
    ],
)
def test_manifest_that_does_not_fit_is_refused(tmp_path: Path, changes: dict[str, object], says: str) -> None:
    (tmp_path / "Patient.ndjson").write_text(PATIENT)
    manifest(tmp_path, **changes)
    with pytest.raises(Invalid, match=says):
        read_source(tmp_path)


def test_missing_path_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        read_source(tmp_path / "nowhere")


def test_an_empty_folder_is_an_empty_world(tmp_path: Path) -> None:
    assert read_source(tmp_path) == Source((), {}, digest([]))
