"""Transactions, all or nothing, and batches."""

from typing import Any

import orjson
import pytest

from fhir_r4 import R4, Request, Response
from fhir_server import EmbeddedBackend
from fhir_server.store import EpisodeStore
from tests.helpers.fhir import observation, patient, world_of

BACKEND = EmbeddedBackend()
URN = "urn:uuid:11111111-1111-4111-8111-111111111111"
PATCH = {"resourceType": "Parameters", "parameter": []}


def seen(id: str, subject: dict[str, Any]) -> dict[str, Any]:
    return {**observation(id, "a"), "subject": subject}


def mrn(value: str) -> dict[str, Any]:
    return {"identifier": [{"system": "http://mrn", "value": value}]}


@pytest.fixture
async def store() -> EpisodeStore:
    people = [patient("a", gender="male", **mrn("1")), patient("b", gender="male", **mrn("2"))]
    return await BACKEND.fork(await BACKEND.load(world_of([*people, observation("o", "a")])), "http://x/fhir")


def entry(method: str, url: str, resource: Any = None, full: str = "", **request: str) -> dict[str, Any]:
    row: dict[str, Any] = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        row["resource"] = resource
    return row | ({"fullUrl": full} if full else {})


def send(store: EpisodeStore, *entries: dict[str, Any], kind: str = "transaction", prefer: str = "") -> Response:
    body = orjson.dumps({"resourceType": "Bundle", "type": kind, "entry": list(entries)})
    headers = {"content-type": "application/fhir+json", "prefer": prefer}
    return BACKEND.answer(store, Request("POST", "", "", headers, body))


def entries_of(response: Response) -> list[dict[str, Any]]:
    assert response.status == 200
    rows: list[dict[str, Any]] = orjson.loads(response.body)["entry"]
    return rows


def locations(response: Response) -> list[str]:
    return [row["response"].get("location", "") for row in entries_of(response)]


def statuses(response: Response) -> list[str]:
    return [row["response"]["status"] for row in entries_of(response)]


def stored(store: EpisodeStore, reference: str) -> dict[str, Any]:
    resource: dict[str, Any] = orjson.loads(BACKEND.answer(store, Request("GET", reference)).body)
    return resource


@pytest.mark.parametrize(
    ("name", "reference"),
    [(URN, URN), (URN, f"Patient/{URN}"), ("Patient/new", "Patient/new"), ("http://e/Patient/new", "Patient/new")],
)
def test_references_follow_the_ids_that_entries_get(store: EpisodeStore, name: str, reference: str) -> None:
    note = seen("x", {"reference": reference})
    response = send(
        store, entry("POST", "Observation", note), entry("POST", "Patient", {"resourceType": "Patient"}, name)
    )
    assert locations(response) == ["Observation/1000/_history/1", "Patient/1001/_history/1"]
    assert stored(store, "Observation/1000")["subject"] == {"reference": "Patient/1001"}


def test_placeholders_are_replaced_in_extensions_and_uris(store: EpisodeStore) -> None:
    report = {
        "resourceType": "Provenance",
        "target": [{"reference": URN}],
        "policy": [URN],
        "extension": [{"url": "http://x", "valueReference": {"reference": URN}}],
    }
    send(store, entry("POST", "Patient", {"resourceType": "Patient"}, URN), entry("POST", "Provenance", report))
    found = stored(store, "Provenance/1001")
    assert (found["target"], found["policy"]) == ([{"reference": "Patient/1000"}], ["Patient/1000"])
    assert found["extension"][0]["valueReference"] == {"reference": "Patient/1000"}


def test_deletes_come_first_and_reads_last(store: EpisodeStore) -> None:
    response = send(
        store,
        entry("GET", "Patient/new"),
        entry("PATCH", "Patient/a", PATCH),
        entry("PUT", "Patient/new", patient("new")),
        entry("POST", "Patient", patient("x")),
        entry("DELETE", "Patient/b"),
    )
    assert statuses(response) == ["200 OK", "200 OK", "201 Created", "201 Created", "204 No Content"]
    assert [row.reference for row in response.returned] == ["Patient/new"]


def test_a_reference_to_what_is_deleted_may_go_in_the_same_transaction(store: EpisodeStore) -> None:
    free = seen("o", {"display": "nobody"})
    response = send(store, entry("DELETE", "Patient/a"), entry("PUT", "Observation/o", free))
    assert statuses(response) == ["204 No Content", "200 OK"]
    assert not store.exists("Patient", "a")


def test_one_condition_creates_once(store: EpisodeStore) -> None:
    other = URN[:-1] + "2"
    new = patient("x", **mrn("9"))
    response = send(
        store,
        entry("POST", "Patient", new, URN, ifNoneExist="identifier=http://mrn|9"),
        entry("POST", "Patient", new, other, ifNoneExist="identifier=http://mrn|9"),
        entry("POST", "Observation", seen("x", {"reference": other})),
    )
    assert locations(response) == ["Patient/1001/_history/1", "Observation/1000/_history/1"]
    assert stored(store, "Observation/1000")["subject"] == {"reference": "Patient/1001"}


def test_a_condition_that_finds_one_creates_none(store: EpisodeStore) -> None:
    response = send(
        store,
        entry("POST", "Patient", patient("x", **mrn("1")), URN, ifNoneExist="identifier=http://mrn|1"),
        entry("POST", "Observation", seen("x", {"reference": URN})),
    )
    assert statuses(response) == ["200 OK", "201 Created"]
    assert stored(store, "Observation/1000")["subject"] == {"reference": "Patient/a"}


def test_conditional_references_find_what_conditions_create(store: EpisodeStore) -> None:
    match = "Patient?identifier=http://mrn|9"
    send(
        store,
        entry("POST", "Patient", patient("x", **mrn("9")), ifNoneExist="identifier=http://mrn|9"),
        entry("POST", "Observation", seen("x", {"reference": match})),
    )
    assert stored(store, "Observation/1000")["subject"] == {"reference": "Patient/1001"}


NOBODY = observation("x", "ghost")
GOOD = entry("POST", "Patient", patient("x"))


@pytest.mark.parametrize(
    ("bad", "status", "text"),
    [
        (entry("POST", "Observation", NOBODY), 400, "HAPI-1094: Resource Patient/ghost not found"),
        (entry("POST", "Observation", seen("x", {"reference": URN})), 400, "HAPI-0541: "),
        (entry("POST", "Foo", patient("x")), 400, "HAPI-2006: Unable to perform POST, URL provided is invalid: Foo"),
        (entry("POST", "Patient"), 400, "HAPI-0543: Missing required resource in Bundle.entry[1].resource"),
        (entry("PUT", "Patient", patient("x")), 400, "HAPI-0518: Invalid match URL[Patient?Patient]"),
        (entry("PUT", "Patient/7", patient("7")), 400, "HAPI-0960: "),
        (entry("PUT", "Patient/a", patient("a"), ifMatch='W/"9"'), 409, "HAPI-0550: HAPI-0989: "),
        (entry("PUT", "Patient?gender=male", patient("x")), 412, "HAPI-2207: "),
        (entry("PUT", "Patient?identifier=http://mrn|9", patient("x")), 412, "HAPI-0539: "),
        (entry("POST", "Patient", patient("x"), ifNoneExist="gender=male"), 412, "HAPI-0958: "),
        (
            entry("POST", "Patient", {"resourceType": "Patient"}, "cid:1"),
            400,
            "HAPI-0533: Invalid placeholder ID found: cid:1",
        ),
        (entry("DELETE", "Patient/a"), 409, "Unable to delete Patient/a because"),
        (entry("DELETE", ""), 400, "HAPI-0545: Unable to perform DELETE, no URL provided."),
        (entry("HEAD", "Patient/a"), 400, "HAPI-0538: Unable to handle verb in transaction: HEAD"),
        (entry("PATCH", "Patient/none", PATCH), 404, "HAPI-1997: Patient/none"),
        (entry("PATCH", "Patient/a", patient("a")), 400, "HAPI-0537: Unable to determine PATCH body from request"),
        ({"resource": patient("x")}, 400, "HAPI-0529: Transaction bundle entry has missing or invalid HTTP Verb"),
    ],
)
def test_a_refused_transaction_leaves_no_trace(store: EpisodeStore, bad: Any, status: int, text: str) -> None:
    response = send(store, GOOD, bad)
    issue = orjson.loads(response.body)["issue"][0]
    assert (response.status, issue["diagnostics"][: len(text)]) == (status, text)
    assert store.changes() == {}
    assert orjson.loads(BACKEND.answer(store, Request("GET", "Patient", "_summary=count")).body)["total"] == 2
    assert locations(send(store, GOOD)) == ["Patient/1000/_history/1"]


@pytest.mark.parametrize(
    ("twice", "text"),
    [
        ([entry("PUT", "Patient/x", patient("x"))] * 2, "HAPI-0535: "),
        ([entry("POST", "Patient", patient("x"), URN)] * 2, "HAPI-0534: "),
        (
            [entry("POST", "Patient", patient("x", **mrn("9")), ifNoneExist="identifier=http://mrn|9")] * 2,
            "HAPI-2008: ",
        ),
    ],
)
def test_repeats_are_refused(store: EpisodeStore, twice: list[Any], text: str) -> None:
    assert orjson.loads(send(store, *twice).body)["issue"][0]["diagnostics"].startswith(text)


def test_a_batch_goes_on_after_a_failure(store: EpisodeStore) -> None:
    response = send(
        store,
        GOOD,
        entry("POST", "Observation", NOBODY),
        entry("DELETE", "Patient/a"),
        entry("GET", "Foo/1"),
        kind="batch",
    )
    assert statuses(response) == ["201 Created", "400 Bad Request", "409 Conflict", "404 Not Found"]
    issues = [row["response"]["outcome"]["issue"][0] for row in entries_of(response)]
    assert [issue["code"] for issue in issues] == ["informational", "exception", "exception", "exception"]
    assert issues[2]["diagnostics"].startswith("HAPI-0550: HAPI-0515: Unable to delete Patient/a")


def test_reads_show_whole_resources_whatever_elements_say(store: EpisodeStore) -> None:
    response = send(store, entry("GET", "Patient?_elements=id&_count=1"), kind="batch")
    page = entries_of(response)[0]["resource"]
    assert "gender" in page["entry"][0]["resource"]
    assert all("_elements=id" in link["url"] for link in page["link"])
    assert response.returned[0].full


def test_an_unchanged_read_is_not_sent_again(store: EpisodeStore) -> None:
    assert statuses(send(store, entry("GET", "Patient/a", ifNoneMatch='W/"1"'))) == ["304 Not Modified"]


def test_resources_are_shown_if_asked_for(store: EpisodeStore) -> None:
    response = send(store, GOOD, prefer="return=representation")
    assert entries_of(response)[0]["resource"]["id"] == "1000"
    assert [row.reference for row in response.returned] == ["Patient/1000"]
    assert "resource" not in entries_of(send(store, GOOD))[0]


def messages(response: Response) -> list[str]:
    return [issue["diagnostics"].partition(" because")[0] for issue in orjson.loads(response.body)["issue"]]


NOTE = seen("n", {"reference": "Patient/a"})


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        ([entry("DELETE", "Patient/a"), entry("POST", "Observation", NOTE)], 409),
        ([entry("DELETE", "Patient/a"), entry("PUT", "Observation/o", observation("o", "a"))], 409),
        ([entry("DELETE", "Patient/a"), entry("PUT", "Observation/o", observation("o", "b"))], 200),
        ([entry("DELETE", "Patient/a"), entry("DELETE", "Observation/o")], 200),
        ([entry("DELETE", "Patient/a"), entry("DELETE", "Observation/o"), entry("PUT", "Observation/n", NOTE)], 200),
        ([entry("DELETE", "Patient?_id=b"), entry("POST", "Observation", observation("n", "b"))], 200),
    ],
)
def test_what_referred_to_a_deleted_resource_counts(store: EpisodeStore, entries: list[Any], status: int) -> None:
    assert send(store, *entries).status == status


def test_a_reference_that_leads_nowhere_may_stay_but_not_come(store: EpisodeStore) -> None:
    send(store, entry("DELETE", "Patient/b"), entry("PUT", "Observation/n", observation("n", "b")))
    assert send(store, entry("PUT", "Observation/n", {**observation("n", "b"), "status": "final"})).status == 200
    assert messages(send(store, entry("POST", "Observation", observation("m", "b"))))[0].startswith("HAPI-1096")


def test_every_deletion_that_is_refused_is_an_issue(store: EpisodeStore) -> None:
    send(store, entry("POST", "Observation", observation("n", "b")))
    response = send(store, entry("DELETE", "Patient/b"), entry("DELETE", "Patient/a"))
    assert (response.status, messages(response)) == (409, ["Unable to delete Patient/b", "Unable to delete Patient/a"])


@pytest.mark.parametrize(
    ("method", "url", "code"),
    [
        ("PUT", "Patient?gender=male", "HAPI-2207"),
        ("PUT", "Patient?_id=a,b", "HAPI-0988"),
        ("PATCH", "Patient?gender=male", "HAPI-2207"),
        ("PATCH", "Patient?gender:not=female", "HAPI-0972"),
    ],
)
def test_plain_conditions_are_looked_up_before_all_else(store: EpisodeStore, method: str, url: str, code: str) -> None:
    resource = PATCH if method == "PATCH" else {"resourceType": "Patient"}
    response = send(store, entry(method, url, resource))
    assert (response.status, messages(response)[0][:9]) == (412, code)


@pytest.mark.parametrize(
    ("id", "value", "said"),
    [
        ("chosen", "9", "Patient/chosen/_history/1"),
        ("a", "1", "Patient/a/_history/2"),
        (URN, "9", "Patient/1000/_history/1"),
        ("b", "1", "HAPI-2279"),
        ("b", "9", "HAPI-0550: HAPI-0825: Error flushing transaction with resource types: [Patient]"),
        ("123", "9", "HAPI-0960"),
    ],
)
def test_a_conditional_update_takes_the_id_of_its_resource(store: EpisodeStore, id: str, value: str, said: str) -> None:
    response = send(store, entry("PUT", f"Patient?identifier=http://mrn|{value}", patient(id, **mrn(value))))
    found = locations(response)[0] if response.status == 200 else messages(response)[0]
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("value", "then", "said"),
    [
        ("9", entry("PUT", "Observation/n", seen("n", {"reference": "Patient/b"})), "Patient/1000/_history/1"),
        (
            "9",
            entry("POST", "Observation", seen("n", {"reference": "Patient/b/_history/1"})),
            "Patient/1001/_history/1",
        ),
        ("1", entry("PUT", "Observation/n", seen("n", {"reference": "Patient/b"})), "Patient/a/_history/2"),
        ("9", entry("PUT", "Patient/b", patient("b"), URN[:-1] + "2"), "Patient/1000/_history/1"),
        ("9", entry("PATCH", "Patient?identifier=http://mrn|2", PATCH), "Patient/1000/_history/1"),
        ("9", entry("PUT", "Observation/n", seen("n", {"reference": "Patient/new"})), "HAPI-0550: HAPI-0825"),
        ("9", entry("PATCH", "Patient?_id=b", PATCH), "HAPI-0550: there is another Patient/b"),
        ("8", entry("PUT", "Observation/n", seen("n", {"reference": "Patient/b"})), "HAPI-0539"),
    ],
)
def test_an_id_that_the_bundle_leads_to_is_not_chosen(store: EpisodeStore, value: str, then: Any, said: str) -> None:
    send(store, entry("PUT", "Patient/new", patient("new")))
    condition = value.replace("8", "9")
    response = send(
        store, entry("PUT", f"Patient?identifier=http://mrn|{condition}", patient("b", **mrn(value)), URN), then
    )
    found = locations(response)[0] if response.status == 200 else messages(response)[0]
    assert found.startswith(said)


async def test_by_the_letter_a_chosen_id_is_never_forgotten() -> None:
    backend = EmbeddedBackend(rules=R4)
    store = await backend.fork(await backend.load(world_of([patient("b", **mrn("2"))])), "http://x/fhir")
    bundle = [entry("PUT", "Patient?identifier=http://mrn|9", patient("b", **mrn("9")), URN)]
    bundle.append(entry("PUT", "Observation/n", seen("n", {"reference": "Patient/b"})))
    assert send(store, *bundle).status == 409


@pytest.mark.parametrize(
    ("url", "id", "said"),
    [
        ("http://e/Patient/new", "", "Patient/new/_history/1"),
        ("Patient/b", "", "Patient/1000/_history/1"),
        ("Patient/b", "b", "Patient/1000/_history/1"),
        ("http://e/Patient/b", "b", "HAPI-0550: HAPI-0825"),
        (URN, URN[9:], "Patient/1000/_history/1"),
    ],
)
def test_a_full_url_may_say_the_chosen_id(store: EpisodeStore, url: str, id: str, said: str) -> None:
    person = {"resourceType": "Patient", **mrn("9"), **({"id": id} if id else {})}
    refers = entry("PUT", "Observation/n", seen("n", {"reference": "Patient/b"}))
    response = send(store, entry("PUT", "Patient?identifier=http://mrn|9", person, url), refers)
    found = locations(response)[0] if response.status == 200 else messages(response)[0]
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("query", "then", "said"),
    [
        (
            "family:exact=None",
            entry("PUT", "Patient?family:exact=None", {"resourceType": "Patient", "active": True}),
            2,
        ),
        ("family:exact=None", entry("PATCH", "Patient?family:exact=None", PATCH), 1),
        ("active=false", entry("PUT", "Patient?active=false", {"resourceType": "Patient", "active": False}), 1),
        ("active=false", entry("PUT", "Patient?active=false", patient("n", active=False, gender="male")), "HAPI-2279"),
        (
            "active=false",
            entry("PUT", "Patient?active=false", {**patient("n", active=False, gender="male"), "id": URN}),
            "HAPI-0542",
        ),
    ],
)
def test_a_condition_means_what_was_made_under_it(store: EpisodeStore, query: str, then: Any, said: int | str) -> None:
    made = entry("POST", "Patient", {"resourceType": "Patient", "active": False}, ifNoneExist=f"Patient?{query}")
    response = send(store, made, then)
    if isinstance(said, str):
        assert (response.status, messages(response)[0][:9]) == (400, said)
    else:
        assert locations(response) == ["Patient/1000/_history/1", f"Patient/1000/_history/{said}"]


def test_a_patched_resource_meets_its_condition_still(store: EpisodeStore) -> None:
    path = [{"name": "type", "valueCode": "replace"}, {"name": "path", "valueString": "Patient.gender"}]
    change = {
        "resourceType": "Parameters",
        "parameter": [{"name": "operation", "part": [*path, {"name": "value", "valueCode": "other"}]}],
    }
    url = "Patient?identifier=http://mrn|1"
    assert send(store, entry("PATCH", f"{url}&gender=male", change)).status == 412
    assert "conditionally patched" in orjson.dumps(entries_of(send(store, entry("PATCH", url, change)))).decode()


def test_a_condition_makes_one_resource(store: EpisodeStore) -> None:
    new = entry("PUT", "Patient?family:exact=None", {"resourceType": "Patient"})
    other = entry("POST", "Basic", {"resourceType": "Basic", "code": {"text": "x"}})
    assert statuses(send(store, new, other)) == ["201 Created"] * 2
    refused = messages(send(store, new, other))[0]
    assert refused.startswith("HAPI-0550: HAPI-2745: Error flushing transaction with resource types: [Basic, Patient]")
    assert send(store, other).status == 200


@pytest.mark.parametrize(
    ("then", "number"), [([], 3), ([entry("DELETE", "Patient/b")], 3), ([entry("GET", "Patient/b")], 4)]
)
def test_a_recreated_resource_skips_a_version_if_a_read_follows(
    store: EpisodeStore, then: list[Any], number: int
) -> None:
    send(store, entry("DELETE", "Observation/o"))
    response = send(store, entry("PUT", "Observation/o", observation("o", "a")), *then)
    assert locations(response)[0] == f"Observation/o/_history/{number}"


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([entry("DELETE", "Patient/a"), entry("POST", "Observation", NOBODY)], "Unable to delete Patient/a"),
        ([entry("PUT", "Patient?family:exact=None", {"resourceType": "Patient"})], "HAPI-0550: HAPI-2745"),
        (
            [
                entry("PUT", "Patient?family:exact=None", {"resourceType": "Patient"}),
                entry("PUT", "Patient?identifier=http://mrn|9", patient("b", **mrn("9"))),
            ],
            "HAPI-0550: HAPI-0825",
        ),
        (
            [entry("PUT", "Patient?family:exact=None", {"resourceType": "Patient"}), entry("GET", "Patient/a")],
            "HAPI-0550: another resource was made",
        ),
        (
            [
                entry("POST", "Patient", {"resourceType": "Patient"}, ifNoneExist="Patient?family:exact=None"),
                entry("PUT", "Observation/n", observation("n", "nobody")),
            ],
            "HAPI-0550: another resource was made",
        ),
        (
            [
                entry("PUT", "Patient?family:exact=None", {"resourceType": "Patient"}),
                entry("PATCH", "Patient/nobody", PATCH),
            ],
            "HAPI-0550: another resource was made",
        ),
    ],
)
def test_what_is_refused_first(store: EpisodeStore, entries: list[Any], said: str) -> None:
    send(store, entry("PUT", "Patient?family:exact=None", {"resourceType": "Patient"}))
    response = send(store, *entries)
    assert (response.status, messages(response)[0].startswith(said)) == (409, True)
