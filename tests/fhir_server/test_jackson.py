import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_server.jackson import complaint

_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


@pytest.mark.parametrize(
    ("text", "said", "column"),
    [
        ("{", "Unexpected end-of-input: expected close marker for Object (start marker at [line: 1, column: 1])", 2),
        ('{"a":1,', "Unexpected end-of-input within/between Object entries", 8),
        ('{"a":1,}', "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", 8),
        ('{"a":1 "b":2}', "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries", 8),
        ('{"a":[1,}', "Unexpected character ('}' (code 125)): expected a value", 9),
        ('{"a":tru}', f"Unrecognized token 'tru': was expecting {_VALUES}", 9),
        ('{"a":01}', "Invalid numeric value: Leading zeroes not allowed", 7),
        ('{"a":"\t"}', "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash", 7),
        ('{"a":"\\x"}', "Unrecognized character escape 'x' (code 120)", 8),
        ('{"a":"x', "Unexpected end-of-input: was expecting closing quote for a string value", 8),
        ("{}}", "Unexpected close marker '}': no open Object to close", 3),
        ('{"a":[1}', "Unexpected close marker '}': expected ']' (for Array starting at", 8),
        ("{}{}", "Trailing token (of type START_OBJECT) found after value", 3),
        ('{"a" /**/', "Unexpected character ('/' (code 47)): maybe a (non-standard) comment?", 6),
    ],
)
def test_the_words_and_place_of_jackson(text: str, said: str, column: int) -> None:
    found = complaint(text)
    assert found.startswith(said)
    assert found.endswith(f"\n at [line: 1, column: {column}]")


def test_lines_are_counted() -> None:
    assert complaint('{\n "a": ]}').endswith("[line: 2, column: 7]")


@given(st.text(alphabet='{}[]",:1.e-tnx\\ \n').map(lambda text: "{" + text))
def test_every_text_ends_in_a_word(text: str) -> None:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return
    assert complaint(text) == ""
