"""Worlds as files."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from tests.ehr_sandbox.command import Outcome, ehr_sandbox

Command = Callable[..., Outcome]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_ndjson_per_type_and_a_manifest_with_their_hashes(tiny: Path) -> None:
    files = content(tiny)
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["files"] == {
        name: {"sha256": hashlib.sha256(text).hexdigest(), "count": text.count(b"\n")} for name, text in files.items()
    }
    assert manifest["counts"] == {name.removesuffix(".ndjson"): text.count(b"\n") for name, text in files.items()}
    for name, text in files.items():
        assert {json.loads(line)["resourceType"] for line in text.splitlines()} == {name.removesuffix(".ndjson")}


def test_truth_only_when_asked_and_elsewhere(command: Command, tiny: Path, tmp_path: Path) -> None:
    command("seed", "trial_audit/tiny/0", "--out", tmp_path / "w", "--json")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w"]
    assert content(tmp_path / "w") == content(tiny)
    truth = json.loads((tiny.parent / "truth.json").read_text())
    assert truth["items"]
    assert not any(b'"traps"' in text for text in content(tiny).values())


def test_same_bytes_in_another_process(tiny: Path, tmp_path: Path) -> None:
    outcome = ehr_sandbox(
        *("seed", "trial_audit/tiny/0", "--out", tmp_path / "w", "--truth", tmp_path / "truth.json", "--json"),
        env={"PYTHONHASHSEED": "4711"},
    )
    assert content(tmp_path / "w") == content(tiny)
    assert (tmp_path / "truth.json").read_bytes() == (tiny.parent / "truth.json").read_bytes()
    manifest = json.loads((tiny / "manifest.json").read_text())
    assert outcome.lines == [
        {
            "manifest": str(tmp_path / "w" / "manifest.json"),
            "digest": manifest["digest"],
            "counts": manifest["counts"],
        }
    ]


def test_another_salt_is_another_world(
    command: Command, tiny: Path, tmp_path: Path, salt_files: tuple[Path, Path]
) -> None:
    for salt, folder in zip(salt_files, ("a", "b"), strict=True):
        command("seed", "trial_audit/tiny/0", "--out", tmp_path / folder, "--salt-file", salt)
    digests = [json.loads((f / "manifest.json").read_text())["digest"] for f in (tmp_path / "a", tmp_path / "b", tiny)]
    assert len(set(digests)) == 3
