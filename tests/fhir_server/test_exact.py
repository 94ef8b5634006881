from hypothesis import given
from hypothesis import strategies as st

from fhir_r4 import WrittenNumber, dump_exact, parse_exact
from fhir_server.exact import dump

_text = st.text(st.characters(codec="utf-8"))
_decimal = st.from_regex(r"-?[0-9]{1,5}\.[0-9]{1,6}([eE][+-]?[0-9])?", fullmatch=True).map(WrittenNumber)
_leaf = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | _decimal | _text
_json = st.recursive(_leaf, lambda inner: st.lists(inner) | st.dictionaries(_text, inner), max_leaves=20)


@given(_json)
def test_the_bytes_are_those_of_dump_exact(node: object) -> None:
    assert dump(node) == dump_exact(node).encode()


def test_decimals_survive_a_round() -> None:
    assert dump(parse_exact(b'{"b":1.50,"a":1e-8}')) == b'{"a":1e-8,"b":1.50}'
