"""Generated requests over every route: no fault, no hang, every error an OperationOutcome, the store whole after."""

import os
from collections.abc import Callable, Sequence

import orjson
import pytest

from fhir_r4 import HAPI, R4, Request, Rules, canonical
from fhir_seed.stream import Stream
from fhir_server import EmbeddedBackend, fhir_app
from fhir_server.contract import contract_world
from fhir_server.store import EpisodeStore
from tests.robustness.asked import Author
from tests.robustness.served import Answer, Tally, send

REQUESTS = int(os.environ.get("EHR_SANDBOX_FUZZ_REQUESTS", "750"))
"""Of each seed; 10,000 in `make contract`."""
SEEDS: Sequence[tuple[str, Rules]] = (("first", HAPI), ("second", R4))
_BASE = "http://server/fhir"
_MOST_LINKS = 200


@pytest.mark.parametrize(("seed", "rules"), SEEDS)
async def test_any_request_is_answered(seed: str, rules: Rules, tally: Callable[[str], None]) -> None:
    backend = EmbeddedBackend(rules=rules)
    store = await backend.fork(await backend.load(contract_world()), _BASE)
    author, answers = Author(Stream(seed.encode(), "requests")), Tally()
    app = fhir_app(backend, store)
    for _ in range(REQUESTS):
        asked = author.next()
        answer = await send(app, asked)
        answers.note(asked, answer)
        author.links += links_of(answer)[: _MOST_LINKS - len(author.links)]
    tally(f"fuzz, {seed} seed: {answers}")
    assert not answers.faults, "\n".join(answers.faults[:5])
    assert answers.statuses[200] + answers.statuses[201] > REQUESTS / 5
    check_whole(backend, store)


def links_of(answer: Answer) -> list[str]:
    """What an answer's Bundle links to, below the base."""
    if answer.status != 200 or b'"link":[' not in answer.body or "content-encoding" in answer.headers:
        return []
    links = orjson.loads(answer.body).get("link", [])
    return [link["url"].removeprefix(_BASE).lstrip("/") for link in links if isinstance(link.get("url"), str)]


def check_whole(backend: EmbeddedBackend, store: EpisodeStore) -> None:
    """Every search finds exactly what can be read, and what has changed is what reads differ in."""
    original = {
        f"{r['resourceType']}/{r['id']}": canonical(blob)
        for blob in contract_world().resources
        for r in [orjson.loads(blob)]
    }
    there: dict[str, bytes] = {}
    for name in store.types():
        body = orjson.loads(backend.answer(store, Request("GET", name, "_count=10000&_sort=_id")).body)
        for entry in body.get("entry", ()):
            reference = f"{name}/{entry['resource']['id']}"
            read = backend.answer(store, Request("GET", reference))
            assert read.status == 200
            there[reference] = canonical(read.body)
        assert body["total"] == len([reference for reference in there if reference.startswith(f"{name}/")])
    differing = {ref for ref in original.keys() | there.keys() if original.get(ref) != there.get(ref)}
    assert store.changes().keys() == differing


def test_requests_are_the_same_for_the_same_seed() -> None:
    def written(seed: bytes) -> list[str]:
        author = Author(Stream(seed, "requests"))
        return [str(author.next()) for _ in range(100)]

    assert written(b"a") == written(b"a") != written(b"b")
