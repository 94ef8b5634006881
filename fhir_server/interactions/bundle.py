"""POST [base] with a Bundle: a transaction or a batch. https://hl7.org/fhir/R4/http.html#transaction"""

from typing import Any

import orjson

from fhir_r4 import Invalid, Request, Response, TooCostly
from fhir_server.answer import CONTENT_TYPE
from fhir_server.body import read_resource, require_json
from fhir_server.bundle_entry import Entry, read_entry
from fhir_server.interactions.transaction import Answered, Fetch, Transaction
from fhir_server.paging import search_id
from fhir_server.store import EpisodeStore

_MOST_COST, _OPERATION = 100, 10
"""What one Bundle may ask: a search costs 1, an operation more, a read by its id nothing."""


def bundle(store: EpisodeStore, request: Request, fetch: Fetch) -> Response:
    """A transaction, all or nothing, or a batch, each for itself."""
    require_json(request, "TRANSACTION")
    given = read_resource(request.body, "Bundle", store.rules)
    kind = given.get("type", "transaction")
    if kind not in ("transaction", "batch"):
        raise Invalid(
            f"HAPI-0527: Unable to process transaction where incoming Bundle.type = {kind}", issue="processing"
        )
    entries = [read_entry(number, entry) for number, entry in enumerate(given.get("entry", ()))]
    if sum(map(_cost, entries)) > _MOST_COST:
        raise TooCostly(
            f"too many searches for one {kind}: send {_MOST_COST} at most, of which an operation counts as {_OPERATION}"
        )
    run = Transaction(store, request, fetch)
    answers = run.batch(entries) if kind == "batch" else run.transaction(entries)
    return _bundle_answer(store, f"{kind}-response", [answers[n] for n in sorted(answers)])


def _bundle_answer(store: EpisodeStore, kind: str, answers: list[Answered]) -> Response:
    key = search_id(store)
    body: dict[str, Any] = {
        "resourceType": "Bundle",
        "id": key,
        "type": kind,
        "link": [{"relation": "self", "url": store.base}],
    }
    if answers:
        body["entry"] = [
            ({"resource": orjson.Fragment(one.body)} if one.body is not None else {}) | {"response": one.response}
            for one in answers
        ]
    place = f"{store.base}/Bundle/{key}"
    headers = {"content-type": CONTENT_TYPE, "location": place, "content-location": place}
    return Response(200, headers, orjson.dumps(body), tuple(row for one in answers for row in one.returned))


def _cost(entry: Entry) -> int:
    if entry.method != "GET":
        return 0
    return _OPERATION if "$" in entry.url else int(not entry.id)
