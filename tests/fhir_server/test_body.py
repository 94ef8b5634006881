from typing import Any

import orjson
import pytest

from fhir_r4 import Invalid, WrittenNumber
from fhir_server.body import read_resource


def read(**members: Any) -> dict[str, Any]:
    body = orjson.dumps({"resourceType": "Patient", **members})
    read = read_resource(body, "Patient")
    del read["resourceType"]
    return read


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
        ({"_birthDate": {"extension": [{"url": "u"}]}}, {"_birthDate": {"extension": [{"url": "u"}]}}),
        (
            {"name": [{"given": [None, "B"], "_given": [{"id": "x"}, None]}]},
            {"name": [{"given": [None, "B"], "_given": [{"id": "x"}, None]}]},
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
        ({"birthDate": "1980-02-20T10:00:00Z"}, "birthDate"),
        ({"active": "yes"}, "active"),
        ({"active": 1}, "active"),
        ({"multipleBirthInteger": 1.5}, "multipleBirthInteger"),
        ({"deceasedDateTime": "2044-10-11 09:57:27"}, "deceasedDateTime"),
        ({"contact": {"gender": "robot"}}, "gender"),
        ({"meta": {"lastUpdated": "2020-01-01"}}, "lastUpdated"),
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
        (b'{"resourceType":"Patient","x":NaN}', "NaN is not a JSON number"),
        (b"[1]", "must be an object"),
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
