"""Canonical bytes keep what is significant, and a digest does not depend on order."""

import json

import orjson
import pytest

from fhir_r4 import canonical, digest, dump_exact, parse_exact, read_canonical


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (b'{"b": 1, "a": [1.50, 1e2, -0.0]}', b'{"a":[1.50,1e2,-0.0],"b":1}'),
        (b'{"id":"x","meta":{"versionId":"3","lastUpdated":"2026-01-01T00:00:00Z"}}', b'{"id":"x"}'),
        (b'{"meta":{"versionId":"3","profile":["p"]}}', b'{"meta":{"profile":["p"]}}'),
        ('{"t":"é\\u0001\\"\\u00e9"}'.encode(), '{"t":"é\\u0001\\"é"}'.encode()),
        (b'{"x":[true,null,{}]}', b'{"x":[true,null,{}]}'),
    ],
)
def test_canonical_sorts_keys_and_keeps_decimals_as_written(written: bytes, kept: bytes) -> None:
    assert canonical(written) == kept
    assert canonical(kept) == kept


def test_what_was_parsed_exactly_is_written_the_same() -> None:
    text = '{"a":1.10,"b":[0.00000001,12345678901234567890.5]}'
    assert dump_exact(parse_exact(text)) == text


@pytest.mark.parametrize("text", ["{", "NaN", '{"a":Infinity}', ""])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        parse_exact(text)


def test_digest_is_of_the_set_and_not_of_its_order() -> None:
    one, two = ("Patient/a", b'{"id":"a"}'), ("Patient/b", b'{"id":"b"}')
    assert digest([one, two]) == digest([two, one]) != digest([one])
    assert digest([("Patient/a", b'{"id":"a","x":1.0}')]) != digest([("Patient/a", b'{"id":"a","x":1.00}')])


@pytest.mark.parametrize(
    "text",
    [
        '{"id":"a","meta":{"tag":[]},"value":1.5}',
        '{"a":"\\n\\u001b\u2028\u007f"}',
    ],
)
def test_canonical_bytes_are_known_as_such(text: str) -> None:
    assert read_canonical(text.encode()) == orjson.loads(text)
    assert canonical(text.encode()) == text.encode()


@pytest.mark.parametrize(
    "text",
    [
        *('{"a": 1}', '{"b":1,"a":1}', '{"a":1,"a":2}', '{"a":1.10}', '{"a":1e2}', '{"a":123456789012345678901}'),
        *('{"a":-0}', '{"a":"\\u00e9"}', '{"meta":{}}', '{"meta":null}', '{"meta":{"versionId":"1"}}'),
        *("[1]", "1", "", "{", '{"a":NaN}', '{"a":"\\ud800"}'),
    ],
)
def test_what_may_not_be_canonical_has_to_be_made_so(text: str) -> None:
    assert read_canonical(text.encode()) is None
