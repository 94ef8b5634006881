import pytest

from tests.helpers.fhir import patient
from tests.helpers.server import Server, opened, said

NARRATIVE = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x &amp; y</div>'}


@pytest.fixture
async def server() -> Server:
    server = await opened([patient("a", text=NARRATIVE), patient("b")])
    assert server.send("Patient/b", "DELETE").status == 200
    return server


@pytest.mark.parametrize(
    "headers",
    [
        {"if_none_match": 'W/"1"'},
        {"if_none_match": '"1"'},
        {"if_none_match": "1"},
        {"if_modified_since": "Mon, 02 Mar 2026 14:00:00 GMT"},
        {"if_modified_since": "Sat, 01 Jan 2050 00:00:00 GMT"},
    ],
)
async def test_a_client_that_has_this_version_gets_304(server: Server, headers: dict[str, str]) -> None:
    for url in ("Patient/a", "Patient/a/_history/1"):
        answer = server.send(url, **headers)
        assert (answer.status, answer.body, answer.returned) == (304, b"", ())


@pytest.mark.parametrize(
    "headers",
    [
        {"if_none_match": 'W/"2"'},
        {"if_none_match": "*"},
        {"if_modified_since": "Mon, 02 Mar 2026 13:59:59 GMT"},
        {"if_modified_since": "nonsense"},
    ],
)
async def test_any_other_client_gets_the_resource(server: Server, headers: dict[str, str]) -> None:
    assert server.send("Patient/a", **headers).status == 200


@pytest.mark.parametrize(
    ("url", "status", "text"),
    [
        ("Patient/nope", 404, "HAPI-2001"),
        ("Patient/a/_history/9", 404, "HAPI-0979"),
        ("Patient/a/_history/x", 404, "HAPI-0978"),
        ("Patient/b", 410, "Resource was deleted at 2026-03-02T14:00:00.000+00:00"),
        ("Patient/b/_history/2", 410, "Resource was deleted"),
        ("Patient/a?foo=bar&a=b", 400, "operation[Patient/a] with parameters [[a, foo]]"),
        ("Patient/a?_count=1", 400, 'HAPI-0384: Invalid query parameter(s) for this request: "[_count]"'),
        ("Patient/a?_elements=name&_summary=true", 400, "HAPI-0304"),
    ],
)
async def test_what_is_refused(server: Server, url: str, status: int, text: str) -> None:
    assert server.send(url).status == status
    assert text in said(server.ask(url))


async def test_a_read_may_ask_for_a_part(server: Server) -> None:
    assert server.ask("Patient/a?_summary=data").keys().isdisjoint({"text"})
    answer = server.send("Patient/a?_elements=gender&_unknown=ignored")
    assert [one.full for one in answer.returned] == [False]


async def test_the_text_of_one_resource_is_its_narrative(server: Server) -> None:
    answer = server.send("Patient/a?_summary=text")
    assert (answer.headers["content-type"], answer.body.decode()) == ("text/html;charset=utf-8", NARRATIVE["div"])


async def test_every_answer_has_the_headers_of_hapi_and_the_same_ones_each_time(server: Server) -> None:
    headers = dict(server.send("Patient/a", x_request_id="my-id").headers)
    assert headers == {
        "content-type": "application/fhir+json;charset=utf-8",
        "etag": 'W/"1"',
        "content-location": "http://x/fhir/Patient/a/_history/1",
        "last-modified": "Mon, 02 Mar 2026 14:00:00 GMT",
        "x-powered-by": "HAPI FHIR 8.8.0 REST Server (FHIR Server; FHIR 4.0.1/R4)",
        "x-request-id": "my-id",
    }
    again = await opened([patient("a", text=NARRATIVE), patient("b")])
    again.send("Patient/b", "DELETE")
    again.send("Patient/a")
    ids = [one.send("Patient/a", x_request_id="no way!").headers["x-request-id"] for one in (server, again)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 16
