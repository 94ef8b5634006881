"""Values that no well-behaved client sends, and ways to spoil the JSON of one that does."""

import json
import re
from typing import Any

from fhir_r4 import dump_exact
from fhir_seed.stream import Stream

Json = Any

TEXTS = (
    *(
        "",
        " ",
        "\x00",
        "a\x00b",
        "\ufeff",
        "\u202e",
        "\U0001f600",
        "é",
        "%",
        "%zz",
        "%00",
        "%ff",
        "'",
        '"',
        "\\",
        "\\,",
    ),
    *(
        "|",
        "||",
        "|||",
        "a|b|c|d",
        "$",
        "a$b",
        "a$",
        "$$",
        ",",
        ",,,",
        ":",
        "::",
        ".",
        "..",
        "../..",
        "?",
        "#",
        "#x",
        "&",
        "=",
    ),
    *(
        "null",
        "true",
        "-1",
        "0",
        "1e400",
        "-1e-400",
        "1e999999999",
        "9" * 30,
        "9" * 5000,
        "0x10",
        "NaN",
        "Infinity",
        "١٢",
    ),
    *("2020", "2020-13", "2020-02-30", "0000", "9999-12-31", "0001-01-01T00:00:00+14:00", "2020-01-01T24:00:00Z"),
    *(
        "ge2020",
        "ap2020",
        "sa",
        "ge",
        "zz2020",
        "le9999-12-31T23:59:60Z",
        "gt-5",
        "lt1e5|http://x|mg",
        "5||",
        "2020-01-01T00:00:00.1Z",
    ),
    *(
        "Patient/p-a",
        "Patient/",
        "/",
        "Patient/p-a/_history/1",
        "http://x/Patient/1",
        "urn:uuid:1",
        "Nope/1",
        "#a",
        "Patient?_id=p-a",
    ),
    *(
        "(" * 200,
        "x" * 800,
        "x" * 5000,
        "a" * 300 + "!",
        "a.b.c.d.e.f.g",
        "\ud800",
        "*",
        "**",
        "_",
        "%5C",
        "[a-z]*(",
        "${jndi:ldap}",
    ),
)
VALUES: tuple[Json, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        2**31,
        2**63,
        2**64,
        10**40,
        1.5,
        1e300,
        "",
        [],
        {},
        [None],
        [[]],
        [[[]]],
        [{}],
        {"": ""},
    ),
    *(
        {"resourceType": "Patient"},
        {"resourceType": "Nope"},
        {"resourceType": 5},
        {"reference": "Patient/p-a"},
        {"reference": {}},
    ),
    *({"extension": [{"url": "x", "valueString": "y"}]}, {"coding": "x"}, {"value": {}}, [1, "a", None], {"id": []}),
    *(
        ["x", {}],
        {"url": "x", "extension": 5},
        {"start": "2020", "end": "2019"},
        {"start": 5},
        "<div>x",
        "<div/>",
        "<!DOCTYPE x>",
    ),
)
RAW = (
    *(
        b"",
        b" ",
        b"{",
        b"}",
        b"[]",
        b"null",
        b"5",
        b'"x"',
        b"{}",
        b"\x00",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"NaN",
    ),
    *(
        b'{"resourceType":"Patient"',
        b'{"resourceType":"Patient","a":\xff}',
        b'{"resourceType":"\\ud800"}',
        b"<Patient/>",
    ),
    *(b'{"resourceType":"Patient","resourceType":"Patient"}', b'{"resourceType":"Patient","x":1e999999999}'),
    *(
        b'{"resourceType":"Patient","multipleBirthInteger":' + b"9" * 5000 + b"}",
        b'{"resourceType":"Patient","id":NaN}',
    ),
    *(b"[" * 100_000, b'{"a":' * 100_000, b'{"resourceType":"Patient","contact":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    *('{"resourceType":"Patient","gender":"male"}'.encode("utf-16"), "{'resourceType':'Patient'}".encode("utf-32")),
    *(
        b'{"resourceType":"Patient","name":[{"family":"\\u0000"}]}',
        b'{"resourceType":"Patient","active":tru',
        b"a=b&c=%ff",
    ),
)


def spoiled(stream: Stream, node: Json, changes: int) -> Json:
    """A copy with some members replaced, renamed, repeated or taken away."""
    copy = json.loads(json.dumps(node))
    for _ in range(changes):
        places = list(_places(copy))
        if places:
            holder, key = stream.choice(places)
            _spoil(stream, holder, key)
    return copy


def _places(node: Json) -> Any:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(pairs):
        yield node, key
        yield from _places(value)


def _spoil(stream: Stream, holder: Json, key: Any) -> None:
    match stream.below(7):
        case 0:
            del holder[key]
        case 1:
            holder[key] = [holder[key]] * stream.integer(1, 3)
        case 2:
            holder[key] = nested(stream, holder[key])
        case 3 if isinstance(holder, dict):
            holder[stream.choice(("x", "_" + str(key), str(key) + "x", "", "extension", "contained", "id"))] = holder[
                key
            ]
        case 4:
            holder[key] = stream.choice(TEXTS)
        case 5 if stream.chance(150):
            holder[key] = stream.choice(DEEP)
        case _:
            holder[key] = json.loads(json.dumps(stream.choice(VALUES)))


def nested(stream: Stream, value: Json) -> Json:
    """A value deep inside lists or objects."""
    name = stream.choice(("", "extension", "contained", "item", "contact", "part", "value"))
    for _ in range(stream.choice((1, 1, 2, 5, 40))):
        value = {name: value} if name else [value]
    return value


def written(node: Json) -> bytes:
    """JSON, lone surrogates and all."""
    body = dump_exact(node).encode("utf-8", "surrogatepass")
    return _DEEP.sub(_nest, body) if b"@deep" in body else body


_DEEP = re.compile(rb'"@deep(list|item|extension|contained)@(\d+)"')


def _nest(found: re.Match[bytes]) -> bytes:
    """As deep as it says: more than the JSON writers of Python can do."""
    inner = {
        b"list": b"[",
        b"item": b'{"item":[',
        b"extension": b'{"url":"x","extension":[',
        b"contained": b'{"resourceType":"Patient","contained":[',
    }[found[1]]
    closing = b"]" if found[1] == b"list" else b"]}"
    return inner * int(found[2]) + closing * int(found[2])


DEEP = tuple(
    f"@deep{kind}@{depth}"
    for kind in ("list", "item", "extension", "contained")
    for depth in (100, 300, 480, 900, 3000, 50_000)
)
"""Texts that stand for deep JSON, see `written`."""


def cut_or_flipped(stream: Stream, body: bytes) -> bytes:
    """A body that broke on its way."""
    if not body:
        return body
    at = stream.below(len(body))
    match stream.below(4):
        case 0:
            return body[:at]
        case 1:
            return body[:at] + bytes([stream.below(256)]) + body[at + 1 :]
        case 2:
            return body + body[at:]
        case _:
            return body[:at] + b"\\u" + body[at:]
