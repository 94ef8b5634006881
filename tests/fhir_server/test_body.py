from typing import Any

import orjson
import pytest

from fhir_r4 import R4, Invalid, Problem, Request, WrittenNumber
from fhir_server.body import read_body, read_resource


def read(**members: Any) -> dict[str, Any]:
    body = orjson.dumps({"resourceType": "Patient", **members})
    read = read_resource(body, "Patient")
    del read["resourceType"]
    return read


_EXTENSION = {"url": "http://x", "valueString": "v"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"foo": 1, "gender": "male"}, {"gender": "male"}),
        ({"name": [{"foo": "bar"}]}, {}),
        ({"name": {"family": "Solo"}}, {"name": [{"family": "Solo"}]}),
        ({"gender": ["male"]}, {"gender": "male"}),
        ({"name": [{"family": 5}]}, {"name": [{"family": "5"}]}),
        ({"name": None, "address": [], "telecom": ""}, {}),
        ({"name": "New"}, {}),
        ({"active": "true"}, {"active": True}),
        ({"multipleBirthInteger": "2"}, {"multipleBirthInteger": 2}),
        ({"_birthDate": {"extension": [_EXTENSION]}}, {"_birthDate": {"extension": [_EXTENSION]}}),
        ({"gender": "male", "_gender": {"id": "x"}}, {"gender": "male"}),
        (
            {"name": [{"given": [None, "B"], "_given": [{"extension": [_EXTENSION]}, None]}]},
            {"name": [{"given": [None, "B"], "_given": [{"extension": [_EXTENSION]}]}]},
        ),
        ({"name": ["x", {"family": "A"}, 5, None, [{"family": "B"}]]}, {"name": [{"family": "A"}, {"family": "B"}]}),
        ({"gender": ["male", "robot"]}, {"gender": "male"}),
        ({"gender": [["male"]]}, {"gender": "male"}),
        ({"gender": {"extension": [_EXTENSION]}}, {"_gender": {"extension": [_EXTENSION]}}),
        ({"extension": [{**_EXTENSION, "valueCode": "w"}]}, {"extension": [{"url": "http://x", "valueCode": "w"}]}),
        ({"deceasedBoolean": False, "deceasedDateTime": "2020"}, {"deceasedBoolean": False}),
        ({"deceasedBoolean": None, "deceasedDateTime": "x"}, {}),
        ({"birthDate": "1980-02-20T10:00:00Z"}, {"birthDate": "1980-02-20T10:00:00Z"}),
        ({"multipleBirthInteger": "+007"}, {"multipleBirthInteger": 7}),
        ({"active": " true"}, {"active": True}),
        ({"photo": [{"data": "aGVs bG8"}]}, {"photo": [{"data": "aGVsbG8="}]}),
        ({"extension": [{"url": "u"}]}, {}),
        ({"language": "not checked"}, {"language": "not checked"}),
        (
            {"text": {"status": "generated", "div": "<div>x&nbsp;y</div>"}},
            {"text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x\xa0y</div>'}},
        ),
        (
            {"contained": {"resourceType": "Organization", "id": "#o", "meta": {"versionId": "5"}, "name": "N"}},
            {"contained": [{"resourceType": "Organization", "id": "o", "name": "N"}]},
        ),
        (
            {"contained": [{"resourceType": "Organization", "id": "o", "nope": 1}]},
            {"contained": [{"resourceType": "Organization", "id": "o"}]},
        ),
    ],
)
def test_lenient_reading(given: dict[str, Any], kept: dict[str, Any]) -> None:
    assert read(**given) == kept


@pytest.mark.parametrize(
    ("given", "element"),
    [
        ({"gender": "robot"}, "gender"),
        ({"birthDate": "17/05/1980"}, "birthDate"),
        ({"birthDate": "1980-02-30"}, "birthDate"),
        ({"birthDate": "2020-01-01T10:00"}, "birthDate"),
        ({"deceasedDateTime": "2020-01-01T10:00:00+14:60"}, "deceasedDateTime"),
        ({"photo": [{"data": "not base64!"}]}, "data"),
        ({"active": "yes"}, "active"),
        ({"active": 1}, "active"),
        ({"multipleBirthInteger": 1.5}, "multipleBirthInteger"),
        ({"deceasedDateTime": "2044-10-11 09:57:27"}, "deceasedDateTime"),
        ({"contact": {"gender": "robot"}}, "gender"),
        ({"meta": {"lastUpdated": "x"}}, "lastUpdated"),
        ({"contained": [{"resourceType": "Patient", "gender": "robot"}]}, "gender"),
        ({"extension": [{"url": "u", "valueDecimal": "x"}]}, "valueDecimal"),
    ],
)
def test_bad_values_are_refused_by_the_name_of_their_element(given: dict[str, Any], element: str) -> None:
    with pytest.raises(Invalid, match=rf'\[element="{element}"\]'):
        read(**given)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "Did not find any content"),
        (b"{", "Failed to parse JSON"),
        (b"\xff{}", "Failed to parse JSON"),
        (b'{"resourceType":"Patient","x":NaN}', "Non-standard token 'NaN'"),
        (b"[1]", r"first non-whitespace character was: '\[' \(must be '{'\)"),
        (b"{}", "missing required element: 'resourceType'"),
        (b'{"resourceType":"Observation"}', 'expected "Patient" but found "Observation"'),
        (b"[" * 100_000, "Failed to parse JSON"),
    ],
)
def test_what_is_no_resource_is_refused(body: bytes, text: str) -> None:
    with pytest.raises(Invalid, match=text):
        read_resource(body, "Patient")


def test_decimals_stay_as_written() -> None:
    read = read_resource(b'{"resourceType":"Observation","valueQuantity":{"value":1.500}}', "Observation")
    assert read["valueQuantity"]["value"] == WrittenNumber("1.500")


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceType":"Patient","gender":"\\ud800"}',
        b'{"resourceType":"Patient","extension":' + b'[{"extension":' * 400 + b"1" + b"}]" * 400 + b"}",
    ],
)
def test_hostile_json_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid, match="Failed to parse JSON"):
        read_resource(body, "Patient")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"gender": "robot"}, "Unknown AdministrativeGender code 'robot'"),
        ({"birthDate": "17/05/1980"}, 'Invalid date/time format: "17/05/1980"'),
        ({"deceasedDateTime": "2020-01-01 10:00:00"}, "Expected character 'T' at index 10 but found  "),
        ({"deceasedDateTime": "2020-01-01T10:00:00+01"}, 'Timezone offset must be in the form "Z", "-HH:mm", or'),
        ({"multipleBirthInteger": "x"}, 'java.lang.NumberFormatException: For input string: "x"'),
        ({"contained": [{"resourceType": "Foo"}]}, 'HAPI-1684: Unknown resource name "Foo"'),
        ({"contained": [{"id": "x"}]}, "HAPI-1843: Missing required element 'resourceType'"),
        ({"name": [{"modifierExtension": "x"}]}, "HAPI-1841: Syntax error parsing JSON FHIR structure: Expected ARRAY"),
        ({"extension": {"url": "u"}}, "HAPI-1841: Syntax error parsing JSON FHIR structure: Expected ARRAY"),
        ({"extension": [{**_EXTENSION, "extension": [_EXTENSION]}]}, "HAPI-1811: Extension (URL='http://x')"),
        ({"text": {"div": "<div>x<br></div>"}}, "HAPI-1755: String does not appear to be valid XML/XHTML"),
    ],
)
def test_refusals_have_hapis_words(given: dict[str, Any], text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(**given)
    assert text in refused.value.message


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1.0e2", "100"),
        ("1e-3", "0.001"),
        ('"+1.50"', "1.50"),
        ('"-.5"', "-0.5"),
        ('"00.5"', "0.5"),
        ("-0.10", "-0.10"),
    ],
)
def test_decimals_without_exponents(written: str, kept: str) -> None:
    body = f'{{"resourceType":"Observation","valueQuantity":{{"value":{written}}}}}'.encode()
    assert str(read_resource(body, "Observation")["valueQuantity"]["value"]) == kept


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "HAPI-0448: No Content-Type header was provided"),
        ({"content-type": "text/plain"}, 'HAPI-0449: Incorrect Content-Type header value of "text/plain"'),
        ({"content-type": "application/x-www-form-urlencoded"}, "HAPI-0446: "),
        ({"content-type": "application/fhir+xml"}, "is not offered"),
    ],
)
def test_other_content_types_are_refused(headers: dict[str, str], said: str) -> None:
    with pytest.raises(Problem) as refused:
        read_body(Request("POST", "Patient", "", headers, b"{}"), "Patient", "CREATE")
    assert said in refused.value.message


def test_a_binary_may_come_as_what_it_holds() -> None:
    request = Request("POST", "Binary", "", {"content-type": "text/plain"}, b"hello")
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": "aGVsbG8="}
    assert read_body(request, "Binary", "CREATE") == binary


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"resourceType":"Patient","foo":1}', "HAPI-1825: Unknown element 'foo'"),
        (b'{"resourceType":"Patient","name":{"family":"x"}}', "HAPI-1820: Found incorrect type for element name"),
        (b'{"resourceType":"Patient","gender":["male","other"]}', "HAPI-1823: Multiple repetitions"),
    ],
)
def test_by_the_specification_nothing_is_put_right(body: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        read_resource(body, "Patient", R4)
