from fhir_server.cors import cors_headers, preflight

HERE = "http://server"
ASKING = {"origin": "http://app", "access-control-request-method": "PUT"}


def test_a_page_of_another_origin_may_read_every_answer() -> None:
    headers = cors_headers({"origin": "http://app"}, HERE)
    assert ("access-control-allow-origin", "http://app") in headers
    assert [text for name, text in headers if name == "vary"][-1] == "Access-Control-Request-Headers"


def test_nothing_is_added_for_pages_of_this_server_or_for_programs() -> None:
    assert cors_headers({"origin": HERE}, HERE) == cors_headers({}, HERE) == []


def test_a_browser_that_asks_first_is_told_what_it_may_send() -> None:
    answer = preflight("OPTIONS", ASKING | {"access-control-request-headers": "x-foo, Prefer,content-type"}, HERE)
    assert answer is not None
    told = dict(answer.headers)
    assert (answer.status, told["access-control-allow-headers"]) == (200, "Prefer, content-type")
    assert told["access-control-allow-methods"] == "GET,POST,PUT,DELETE,OPTIONS,PATCH,HEAD"


def test_a_method_or_headers_that_are_not_allowed_are_refused() -> None:
    refused = [{"access-control-request-method": "TRACE"}, {"access-control-request-headers": "x-foo"}]
    for more in refused:
        answer = preflight("OPTIONS", ASKING | more, HERE)
        assert answer is not None
        assert (answer.status, answer.body) == (403, b"Invalid CORS request")


def test_other_requests_are_no_such_question() -> None:
    assert preflight("GET", ASKING, HERE) is None
    assert preflight("OPTIONS", {"origin": "http://app"}, HERE) is None
