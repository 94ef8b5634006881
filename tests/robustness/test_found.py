"""Requests that generated ones found to fail once: each is answered, by what it deserves."""

import json
from typing import Any

import orjson
import pytest

from fhir_r4 import Request, Response
from fhir_server import EmbeddedBackend
from fhir_server.contract import contract_world

JSON = {"content-type": "application/fhir+json"}
Json = dict[str, Any]


async def answered(request: Request) -> Response:
    backend = EmbeddedBackend()
    return await backend.send(await backend.fork(await backend.load(contract_world()), "http://x/fhir"), request)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "Patient/id", 404),
        ("GET", "Patient/p-a/_history/version", 404),
        ("GET", "$", 400),
        ("GET", "Patient/$", 400),
        ("POST", "Patient/p-a/$", 400),
        ("GET", "Type/id", 404),
    ],
)
async def test_a_path_that_is_named_as_its_parts_are(method: str, path: str, status: int) -> None:
    assert (await answered(Request(method, path, "", JSON, b"{}"))).status == status


@pytest.mark.parametrize("extension", [[[{"url": "u"}]], [["url"]], ["url"], [5], [[]]])
async def test_a_list_in_the_place_of_an_object(extension: Any) -> None:
    body = orjson.dumps({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": extension}]})
    assert (await answered(Request("PATCH", "Patient/p-a", "", JSON, body))).status == 400


def operation(kind: str, path: str) -> Json:
    values = [("type", "valueCode", kind), ("path", "valueString", path), ("name", "valueString", "extension")]
    places = [(name, "valueInteger", 0) for name in ("index", "source", "destination")]
    return {"name": "operation", "part": [{"name": name, key: value} for name, key, value in [*values, *places]]}


@pytest.mark.parametrize("kind", ["add", "insert", "move", "delete", "replace"])
@pytest.mark.parametrize(
    "path", ["Patient.gender.extension", "Patient.gender", "Patient.active.not().id", "Patient.meta"]
)
async def test_a_patch_of_what_holds_no_elements(kind: str, path: str) -> None:
    body = orjson.dumps({"resourceType": "Parameters", "parameter": [operation(kind, path)]})
    assert (await answered(Request("PATCH", "Patient/p-a", "", JSON, body))).status < 500


_HUGE = {"op": "add", "path": "/multipleBirthInteger", "value": 10**400}


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "test", "path": "/x", "value": 1}],
        [_HUGE, {"op": "test", "path": "/multipleBirthInteger", "value": 1.5}],
        [{"op": "remove", "path": "/name/01"}, {"op": "remove", "path": "/name/999999999999"}],
    ],
)  # fmt: skip
async def test_a_json_patch_of_odd_numbers(operations: list[Json]) -> None:
    headers = {"content-type": "application/json-patch+json"}
    body = json.dumps(operations).encode()
    assert (await answered(Request("PATCH", "Patient/p-a", "", headers, body))).status == 400
