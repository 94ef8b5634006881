"""A world as files: one NDJSON per resource type and a manifest with hashes; the truth only when asked, elsewhere.

manifest.json: {"version": 1, "digest", "now", "counts": {type: n}, "files": {name: {"sha256", "count"}}}
"""

import hashlib
import json
from pathlib import Path

import orjson

from fhir_r4 import Conflict, Invalid, World
from tasks import Truth

MANIFEST = "manifest.json"


def write_world(world: World, folder: Path) -> Path:
    """Write into an empty or new folder; returns the manifest's path. Raises Conflict if the folder holds anything."""
    require_empty(folder)
    folder.mkdir(parents=True, exist_ok=True)
    by_type: dict[str, list[bytes]] = {}
    for blob in world.resources:
        by_type.setdefault(orjson.loads(blob)["resourceType"], []).append(blob)
    files: dict[str, dict[str, object]] = {}
    for name, blobs in sorted(by_type.items()):
        text = b"".join(blob + b"\n" for blob in blobs)
        (folder / f"{name}.ndjson").write_bytes(text)
        files[f"{name}.ndjson"] = {"sha256": hashlib.sha256(text).hexdigest(), "count": len(blobs)}
    manifest = {
        "version": 1,
        "digest": world.digest,
        "now": world.now,
        "counts": {name: world.counts[name] for name in sorted(world.counts)},
        "files": files,
    }
    path = folder / MANIFEST
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return path


def require_empty(folder: Path) -> None:
    """Raises Conflict if the folder holds anything, or is a file."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is not an empty folder: name a new one, so that nothing is lost")


def write_truth(truth: Truth, path: Path, world_folder: Path) -> None:
    """The operator's copy of the truth. Raises Invalid for a place inside the world's folder."""
    if world_folder.resolve() in [path.resolve(), *path.resolve().parents]:
        raise Invalid(f"{path} is inside {world_folder}: keep the truth where no agent reads")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(truth.model_dump_json(indent=2) + "\n", encoding="utf-8")
