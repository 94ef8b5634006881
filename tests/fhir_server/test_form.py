import orjson
import pytest

from fhir_r4 import NotAcceptable
from fhir_server.form import content_type_for, pretty

JSON = "application/fhir+json;charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "query"),
    [
        (None, ""),
        ("*/*", ""),
        ("application/json", ""),
        ("image/png", ""),
        ("application/fhir+json;fhirVersion=4.0", ""),
        ("application/fhir+xml;q=0.5, application/fhir+json;q=0.9", ""),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ""),
        ("application/fhir+xml", "_format=json"),
        ("application/fhir+xml", "a=b&_format=application/fhir%2Bjson"),
        ("application/json", "_format=bogus"),
    ],
)
def test_a_client_that_takes_json_or_nothing_known_gets_json(accept: str | None, query: str) -> None:
    assert content_type_for(accept, query) == JSON


@pytest.mark.parametrize(
    "accept", ["application/fhir+xml", "text/html", "text/turtle", "application/json;q=0,text/xml"]
)
def test_a_client_that_takes_no_json_is_told_so(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="application/fhir\\+json"):
        content_type_for(accept, "")


@pytest.mark.parametrize("form", ["xml", "application/fhir%2Bxml", "html/json", "ttl"])
def test_another_format_is_not_offered(form: str) -> None:
    with pytest.raises(NotAcceptable, match="_format="):
        content_type_for("application/json", f"_format={form}")
    with pytest.raises(NotAcceptable, match="_format="):
        content_type_for("application/json", f"a=b&%5F%66ormat={form}")


def test_the_old_media_type_is_answered_with_itself() -> None:
    assert content_type_for("application/json+fhir", "") == "application/json+fhir;charset=utf-8"


def test_pretty_printing_keeps_every_value_as_written() -> None:
    body = b'{"a":[{"b":"x,{\\"}"},{"c":1.50}],"d":{"e":[1,2]}}'
    assert pretty(body).decode() == (
        '{\n  "a": [ {\n    "b": "x,{\\"}"\n  }, {\n    "c": 1.50\n  } ],\n  "d": {\n    "e": [ 1, 2 ]\n  }\n}'
    )
    assert orjson.loads(pretty(body)) == orjson.loads(body)
