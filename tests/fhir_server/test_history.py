import pytest

from tests.helpers.fhir import patient
from tests.helpers.server import Server, ids, links, opened, said


@pytest.fixture
async def server() -> Server:
    server = await opened([patient("a"), patient("b")])
    for family in ("One", "Two"):
        body = {"resourceType": "Patient", "id": "a", "name": [{"family": family}]}
        assert server.send("Patient/a", "PUT", body).status == 200
    assert server.send("Basic", "POST", {"resourceType": "Basic", "code": {"text": "x"}}).status == 201
    assert server.send("Patient/a", "DELETE").status == 200
    return server


async def test_the_newest_version_is_first_and_a_deletion_has_no_resource(server: Server) -> None:
    bundle = server.ask("Patient/a/_history")
    asked = [(entry["request"]["method"], entry["response"]["status"]) for entry in bundle["entry"]]
    assert asked == [("DELETE", "200 OK"), ("PUT", "200 OK"), ("PUT", "200 OK"), ("POST", "201 Created")]
    assert bundle["entry"][0].keys() == {"fullUrl", "request", "response"}
    assert bundle["entry"][1]["request"]["url"] == "Patient/a/_history/3"
    assert bundle["entry"][1]["response"]["etag"] == 'W/"3"'
    assert (bundle["type"], bundle["total"]) == ("history", 4)


async def test_types_and_the_system_have_a_history_too(server: Server) -> None:
    assert ids(server.ask("Patient/_history")) == ["Patient/a"] * 3 + ["Patient/b", "Patient/a"]
    assert ids(server.ask("_history"))[:2] == ["Patient/a", "Basic/1000"]
    assert server.ask("Observation/_history")["total"] == 0


async def test_pages_go_by_offset(server: Server) -> None:
    first = server.ask("Patient/_history?_count=2&_elements=id")
    assert links(first)["next"] == "/Patient/_history?_count=2&_elements=id&_offset=2"
    second = server.ask(links(first)["next"])
    assert ids(second) == ["Patient/a", "Patient/b"]
    assert links(second)["previous"] == "/Patient/_history?_count=2&_elements=id&_offset=0"
    assert links(server.ask(links(second)["next"])).keys() == {"self", "previous"}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("_since=2026-03-02T14:00:00Z", 4),
        ("_since=2026-03-02T14:00:01Z", 0),
        ("_at=2026-03-02", 4),
        ("_at=ge2026&_at=lt2027", 4),
        ("_at=gt2026-03-02", 0),
        ("_at=lt2026-03-02", 0),
    ],
)
async def test_by_time_of_writing_no_total_is_given(server: Server, query: str, count: int) -> None:
    bundle = server.ask(f"Patient/a/_history?{query}")
    assert (len(ids(bundle)), "total" in bundle) == (count, False)


@pytest.mark.parametrize(
    ("url", "status", "text"),
    [
        ("Patient/nope/_history", 404, "HAPI-2001: Resource Patient/nope is not known"),
        ("Patient/_history?_since=abc", 400, 'HAPI-1882: Invalid date/time format: "abc"'),
        ("Patient/_history?_since=2020-01-01", 400, "HAPI-1885"),
        ("Patient/_history?_at=abc", 400, "HAPI-1940"),
        ("Patient/_history?_at=2020,2021", 400, "HAPI-1930"),
        ("Patient/_history?_offset=x", 400, "HAPI-0461"),
        ("Patient/_history?_offset=-1", 400, "_offset must be 0 or more"),
    ],
)
async def test_bad_requests(server: Server, url: str, status: int, text: str) -> None:
    assert server.send(url).status == status
    assert text in said(server.ask(url))


async def test_counts_alone(server: Server) -> None:
    bundle = server.ask("Patient/_history?_summary=count")
    assert (bundle["total"], "entry" in bundle, "link" in bundle) == (5, False, False)


async def test_what_a_history_showed_counts_as_returned(server: Server) -> None:
    returned = server.send("Patient/a/_history?_count=2").returned
    assert [(one.reference, one.version, one.full) for one in returned] == [("Patient/a", "3", True)]


async def test_a_version_that_was_labelled_stays_one_version(server: Server) -> None:
    labels = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": {"tag": [{"code": "t"}]}}]}
    assert server.send("Patient/b/$meta-add", "POST", labels).status == 200
    for path, total in (("Patient/b/_history", 1), ("Patient/_history", 5), ("_history", 6)):
        bundle = server.ask(path)
        shown = [entry["resource"]["meta"] for entry in bundle["entry"] if entry["fullUrl"].endswith("Patient/b")]
        assert (bundle["total"], [meta["tag"] for meta in shown]) == (total, [[{"code": "t"}]])
