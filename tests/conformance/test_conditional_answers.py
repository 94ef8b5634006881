"""What HAPI 8.8.0 answered to conditional updates, patches and creates, alone and in Bundles, and what they left."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fhir_r4 import Backend, Handle, Request, Response, World, dump_exact, parse_exact
from fhir_server import EmbeddedBackend
from fhir_server.remote import RemoteBackend
from tests.conformance.random_requests import JSON
from tests.conformance.two_servers import Side, side
from tests.conftest import Tally
from tests.helpers.fhir import world_of

DATA = Path(__file__).parents[1] / "data"


@cache
def rows() -> list[dict[str, Any]]:
    """{name, requests, answers, changes}, each on the same resources."""
    with gzip.open(DATA / "conditional-answers.jsonl.gz", "rb") as file:
        return [json.loads(line) for line in file]


def start() -> World:
    return world_of(map(json.loads, (DATA / "conditional-answers-start.ndjson").read_text().splitlines()))


async def test_the_embedded_server_answers_as_recorded(tally: Tally) -> None:
    backend = EmbeddedBackend()
    handle = await backend.load(start())
    found = [row["name"] for row in rows() if not await _is_as_recorded(backend, handle, row)]
    tally(f"recorded conditional requests: {len(rows())}, {len(found)} answered otherwise")
    assert found == []


@pytest.mark.hapi
async def test_a_real_hapi_still_answers_as_recorded(hapi: str) -> None:
    backend = RemoteBackend(hapi)
    handle = await backend.load(start())
    found = [row["name"] for row in rows() if not await _is_as_recorded(backend, handle, row)]
    await backend.aclose()
    assert found == []


async def _is_as_recorded(backend: Backend, handle: Handle, row: dict[str, Any]) -> bool:
    one = await side(backend, handle)
    answers = [shown(one, await _asked(one, *request)) for request in row["requests"]]
    changes = {name: _without_meta(after) for name, (_, after) in (await one.changes()).items()}
    await backend.close(one.store)
    return changes == row["changes"] and all(map(_begins, answers, row["answers"]))


async def _asked(one: Side, method: str, url: str, body: Any) -> Response:
    path, _, query = url.partition("?")
    sent = None if body is None else dump_exact(body).encode()
    return await one.backend.send(one.store, Request(method, path, query, JSON, sent))


def shown(one: Side, response: Response) -> list[list[str]]:
    """(status, location, diagnostics) of the answer, then of its entries."""
    node = one.normaliser.json(parse_exact(response.body)) if response.body else {}
    parts = [[str(response.status), one.normaliser.text(response.headers.get("location", "")), _said(node)]]
    for entry in node.get("entry", ()):
        answer = entry["response"]
        parts.append([answer["status"], answer.get("location", ""), _said(answer.get("outcome", {}))])
    return parts


def _said(node: dict[str, Any]) -> str:
    return " / ".join(issue.get("diagnostics", "") for issue in node.get("issue", ()))


def _begins(answer: list[list[str]], recorded: list[list[str]]) -> bool:
    """Whether each part is as it was; of the diagnostics only the beginning was kept."""
    return len(answer) == len(recorded) and all(
        found[:2] == kept[:2] and found[2].startswith(kept[2]) for found, kept in zip(answer, recorded, strict=True)
    )


def _without_meta(node: dict[str, Any] | None) -> dict[str, Any] | None:
    return node and {name: value for name, value in node.items() if name != "meta"}
