"""The recorded requests and answers of a real HAPI, and the resources that it held before the first request."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhir_r4 import World, canonical_of, digest, parse_exact, reference_of

_DATA = Path(__file__).parents[1] / "data"
NOW = "2026-03-02T14:00:00Z"


@dataclass(frozen=True)
class Answer:
    """body: JSON with decimals as written, text, or None."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Case:
    """One request and what HAPI answered, with volatile parts normalised (see `normalise`).

    path and body may hold `{{NAME}}`: what an earlier case kept by `save` ({NAME: where in the answer}). asked: the
    path as HAPI got it, normalised.
    """

    name: str
    method: str
    path: str
    asked: str
    headers: Mapping[str, str]
    body: Any
    save: Mapping[str, str]
    answer: Answer


def recorded_cases() -> list[Case]:
    """In the order of the recording; the later ones change the server."""
    with gzip.open(_DATA / "hapi-8.8-recorded.jsonl.gz", "rb") as file:
        return [_case(line) for line in file]


def _case(line: bytes) -> Case:
    row = parse_exact(line)
    request = json.loads(line)["body"]
    answer = Answer(row["response"]["status"], row["response"]["headers"], row["response"]["body"])
    name = f"{row['group']}/{row['name']}"
    return Case(name, row["method"], row["path"], row["asked"], row["headers"], request, row["save"], answer)


def start_resources() -> list[bytes]:
    """Canonical JSON of each resource, in the order in which the recording's first transaction wrote them."""
    with gzip.open(_DATA / "hapi-8.8-start.ndjson.gz", "rb") as file:
        return [canonical_of(parse_exact(line)) for line in file]


def start_world() -> World:
    return world_of_rows(start_resources())


def empty_world() -> World:
    return world_of_rows([])


def world_of_rows(rows: list[bytes]) -> World:
    parsed = [json.loads(row) for row in rows]
    counts: dict[str, int] = {}
    for node in parsed:
        counts[node["resourceType"]] = counts.get(node["resourceType"], 0) + 1
    total = digest((reference_of(node), row) for node, row in zip(parsed, rows, strict=True))
    return World(NOW, tuple(rows), counts, total)


def start_transaction() -> bytes:
    """One transaction of PUTs that writes the start resources."""
    entries = []
    for row in start_resources():
        node = json.loads(row)
        entries.append({"resource": node, "request": {"method": "PUT", "url": reference_of(node)}})
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()
