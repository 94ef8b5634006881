"""Whatever is asked, the engine answers with JSON; it never raises."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_r4 import Request, search_parameters
from fhir_server import EmbeddedBackend
from fhir_server.contract import contract_resources, contract_world
from fhir_server.store import EpisodeStore

VALUES = (
    *("", "p-a", "Patient/p-a", "|", "a|b", "|a", "a|", "ge2020", "ge", "2020-02-30", "9999", "0001-01-01", "*", "-1"),
    *("le9999-12-31", "2020-01-01T00:00:00+14:00", "gt1e5", "5||x", "\\,", "\\", "%00", "%zz", "é", "true", ",,", "$"),
    *("-date,_id", "Observation:patient", "1" * 400, "#x", "http://x/Patient/1", ":"),
)
MODIFIERS = ("", ":exact", ":missing", ":not", ":contains", ":Patient", ":x", ".name", "._id", ".a.b", ":Patient.name")
RESULTS = ("_sort", "_include", "_revinclude", "_count", "_elements", "_summary", "_total", "_has", "_foo", "nope", "")
JUNK = (None, "", [], {}, 5, 1.5, True, "x", [None], [[]], {"a": 1}, ["x", {}], "2020-02-30", "#a", "?x", "urn:uuid:1")
JSON = {"content-type": "application/fhir+json"}


@pytest.fixture(scope="module")
def backend() -> EmbeddedBackend:
    return EmbeddedBackend()


async def _store(backend: EmbeddedBackend) -> EpisodeStore:
    return await backend.fork(await backend.load(contract_world()), "http://x/fhir")


parameters = st.tuples(
    st.sampled_from([*search_parameters("Observation"), *RESULTS]), st.sampled_from(MODIFIERS), st.sampled_from(VALUES)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(parameters, min_size=1, max_size=3))
async def test_any_search_is_answered(backend: EmbeddedBackend, pieces: list[tuple[str, str, str]]) -> None:
    query = "&".join(f"{code}{modifier}={value}" for code, modifier, value in pieces)
    response = backend.answer(await _store(backend), Request("GET", "Observation", query))
    assert orjson.loads(response.body)["resourceType"] in ("Bundle", "OperationOutcome")


segments = st.sampled_from(["Patient", "p-a", "_history", "1", "_search", "$x", "metadata", "", "a b", "é"])


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "NONE"]), st.lists(segments, max_size=4))
async def test_any_path_is_answered(backend: EmbeddedBackend, method: str, parts: list[str]) -> None:
    response = backend.answer(await _store(backend), Request(method, "/".join(parts), "", JSON, b"{}"))
    assert "resourceType" in orjson.loads(response.body)


@settings(max_examples=300, deadline=None)
@given(st.data())
async def test_any_body_is_answered(backend: EmbeddedBackend, data: st.DataObject) -> None:
    resource = dict(data.draw(st.sampled_from(contract_resources())))
    for name in data.draw(st.lists(st.sampled_from(sorted(resource)), max_size=3)):
        resource[name] = data.draw(st.sampled_from(JUNK))
    store = await _store(backend)
    response = backend.answer(store, Request("POST", "Observation", "", JSON, orjson.dumps(resource)))
    assert "resourceType" in orjson.loads(response.body)
    assert (response.status == 201) == bool(store.changes())
