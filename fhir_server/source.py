"""Reads FHIR resources from disk: an NDJSON folder (with the manifest that `ehr-sandbox seed` writes, if there is one),
a folder of JSON files, an NDJSON file, one JSON file, or a Bundle. `.gz` is fine everywhere."""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhir_r4 import ID_PATTERN, Invalid, NotFound, canonical_of, digest, parse_exact, read_canonical, reference_of

_UNPACKED = frozenset({"transaction", "batch"})
_UNPACKED_ALONE = _UNPACKED | {"collection", "searchset", "history"}


@dataclass(frozen=True)
class Source:
    """What was read. resources: canonical JSON, in the order of the files. now: the world's instant, if a manifest
    says it. digest: of `fhir_r4.canonical.digest`, checked against the manifest if there is one."""

    resources: tuple[bytes, ...]
    counts: Mapping[str, int]
    digest: str
    now: str | None = None


@dataclass(frozen=True)
class _Row:
    """canonical: the bytes of the resource, if they are canonical as they were read; `node` is its type and id then."""

    place: str
    node: dict[str, Any]
    canonical: bytes | None = None


def read_source(path: Path) -> Source:
    """An empty folder is an empty world. Raises NotFound (no such path) and Invalid (the message names file and line,
    and what is wrong there)."""
    if not path.exists():
        raise NotFound(f"{path} does not exist; give an NDJSON folder, a folder of JSON files, or a Bundle file")
    if path.is_dir() and not any(path.iterdir()):
        return Source((), {}, digest([]))
    manifest = _manifest(path)
    rows = _resources(list(_rows(path, manifest)))
    if not rows:
        raise Invalid(f"{path} holds no FHIR resources; expected .ndjson or .json files (also .gz)")
    resources = {reference: row.canonical or canonical_of(row.node) for reference, row in rows.items()}
    total = digest(resources.items())
    if manifest and manifest["digest"] != total:
        raise Invalid(
            f"{path / 'manifest.json'} says digest {manifest['digest']}, the files have {total}: write the folder again"
        )
    counts = Counter(row.node["resourceType"] for row in rows.values())
    now = manifest["now"] if manifest else None
    return Source(tuple(resources.values()), dict(sorted(counts.items())), total, now)


def _manifest(path: Path) -> dict[str, Any] | None:
    file = path / "manifest.json"
    if not file.is_file():
        return None
    node = _parse(file.read_bytes(), str(file), 1)
    wanted = {"version", "digest", "now", "counts", "files"}
    if not isinstance(node, dict) or not wanted <= node.keys() or node["version"] != 1:
        raise Invalid(f"{file} is not a manifest of version 1; it needs {', '.join(sorted(wanted))}")
    return node


def _rows(path: Path, manifest: dict[str, Any] | None) -> Iterator[_Row]:
    if path.is_file():
        yield from _rows_of(path, _read(path), _UNPACKED_ALONE)
        return
    names = sorted(manifest["files"]) if manifest else sorted(f.name for f in path.iterdir() if _is_data(f))
    for name in names:
        file = path / name
        if Path(name).name != name or not file.is_file():
            raise Invalid(f"{path / 'manifest.json'} lists {name}, which is not in the folder: write the folder again")
        content = file.read_bytes()
        if manifest:
            _check_hash(file, content, manifest["files"][name])
        yield from _rows_of(file, gzip.decompress(content) if name.endswith(".gz") else content, _UNPACKED)


def _is_data(file: Path) -> bool:
    return file.is_file() and file.name.removesuffix(".gz").endswith((".ndjson", ".json")) and file.name[0] != "."


def _check_hash(file: Path, content: bytes, entry: dict[str, Any]) -> None:
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise Invalid(f"{file} is not the file that manifest.json describes (SHA-256 differs): write the folder again")


def _read(file: Path) -> bytes:
    content = file.read_bytes()
    return gzip.decompress(content) if file.name.endswith(".gz") else content


def _rows_of(file: Path, content: bytes, unpacked: frozenset[str]) -> Iterator[_Row]:
    if file.name.removesuffix(".gz").endswith(".ndjson"):
        for number, line in enumerate(content.splitlines(), 1):
            node = read_canonical(line)
            if node is not None:
                yield _Row(f"{file}:{number}", {name: node[name] for name in _NAMING if name in node}, line)
            elif line.strip():
                yield _Row(f"{file}:{number}", _parse(line, str(file), number))
        return
    node = _parse(content, str(file), 1)
    if isinstance(node, dict) and node.get("resourceType") == "Bundle" and node.get("type") in unpacked:
        yield from _unpack(file, node)
    else:
        yield _Row(str(file), node)


_NAMING = ("resourceType", "id")


def _parse(text: bytes, file: str, first_line: int) -> Any:
    try:
        return parse_exact(text)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise Invalid(f"{file}:{line}: not JSON: {error.msg} at column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{file}:{first_line}: not UTF-8 at byte {error.start}") from error


def _unpack(file: Path, bundle: dict[str, Any]) -> Iterator[_Row]:
    """The entries' resources; references to an entry's urn: fullUrl become `Type/id`."""
    entries = [e for e in bundle.get("entry", []) if isinstance(e, dict) and isinstance(e.get("resource"), dict)]
    names: dict[str, str] = {}
    for entry in entries:
        url, resource = str(entry.get("fullUrl", "")), entry["resource"]
        if url.startswith("urn:") and "id" not in resource:
            resource["id"] = url.rsplit(":", 1)[1]
        if url.startswith("urn:") and "resourceType" in resource:
            names[url] = reference_of(resource)
    for number, entry in enumerate(entries):
        _rename(entry["resource"], names)
        yield _Row(f"{file} entry {number}", entry["resource"])


def _rename(node: Any, names: Mapping[str, str]) -> None:
    if isinstance(node, dict):
        if node.get("reference") in names:
            node["reference"] = names[node["reference"]]
        for value in node.values():
            _rename(value, names)
    elif isinstance(node, list):
        for value in node:
            _rename(value, names)


def _resources(rows: list[_Row]) -> dict[str, _Row]:
    found: dict[str, _Row] = {}
    for row in rows:
        node = row.node
        if not isinstance(node, dict) or not isinstance(node.get("resourceType"), str):
            raise Invalid(f"{row.place}: not a FHIR resource (no resourceType)")
        if not isinstance(node.get("id"), str) or not ID_PATTERN.fullmatch(node["id"]):
            raise Invalid(f"{row.place}: {node['resourceType']} needs an id of 1-64 letters, digits, '-' or '.'")
        reference = reference_of(node)
        if reference in found:
            raise Invalid(f"{row.place}: {reference} is there twice, first in {found[reference].place}")
        found[reference] = row
    return found
