from typing import Any

import pytest

from fhir_r4 import Invalid, WrittenNumber
from fhir_server.json_patch import apply_json_patch

DOCUMENT = {"a": {"b": [1, 2]}, "s": "x", "n": WrittenNumber("1.50")}


def patched(*operations: Any) -> Any:
    return apply_json_patch(DOCUMENT, list(operations))


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ({"op": "add", "path": "/a/b/-", "value": 3}, {"a": {"b": [1, 2, 3]}}),
        ({"op": "add", "path": "/a/b/0", "value": 0}, {"a": {"b": [0, 1, 2]}}),
        ({"op": "add", "path": "/t~1u", "value": 1}, {"t/u": 1}),
        ({"op": "replace", "path": "/s", "value": "y"}, {"s": "y"}),
        ({"op": "copy", "from": "/s", "path": "/t"}, {"t": "x"}),
        ({"op": "test", "path": "/n", "value": WrittenNumber("1.5")}, {}),
    ],
)
def test_operations(operation: Any, changed: dict[str, Any]) -> None:
    assert patched(operation) == DOCUMENT | changed


def test_removing_and_moving() -> None:
    assert patched({"op": "remove", "path": "/a/b/0"})["a"] == {"b": [2]}
    assert patched({"op": "move", "from": "/a/b/0", "path": "/c"}) == {**DOCUMENT, "a": {"b": [2]}, "c": 1}


def test_the_document_stays() -> None:
    patched({"op": "remove", "path": "/a"})
    assert DOCUMENT["a"] == {"b": [1, 2]}


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ({"op": "replace", "path": "/nope", "value": 1}, "no such path in target JSON document"),
        ({"op": "remove", "path": "/a/b/9"}, "no such path in target JSON document"),
        ({"op": "test", "path": "/s", "value": "y"}, "value differs from expectations"),
        ({"op": "test", "path": "/n", "value": "1.50"}, "value differs from expectations"),
        ({"op": "add", "path": "/a/b/9", "value": 1}, "no such index in target array"),
        ({"op": "add", "path": "/a/b/x", "value": 1}, "reference token is not an array index"),
        ({"op": "add", "path": "/x/y", "value": 1}, "parent of node to add does not exist"),
        ({"op": "add", "path": "/s/y", "value": 1}, "parent of path to add to is not a container"),
        ({"op": "bogus", "path": "/s"}, "Could not resolve type id 'bogus' as a subtype of"),
        ({"path": "/s"}, "missing type id property 'op'"),
        ({"op": "replace", "path": "s", "value": 1}, "illegal pointer: expected a slash to separate tokens"),
        ({"op": "replace", "path": "/s"}, "needs a value"),
        ({"op": "move", "path": "/s"}, "every move needs a from"),
    ],
)
def test_refusals_have_hapis_words(operation: Any, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        patched(operation)
    assert refused.value.message.startswith("HAPI-1272: ")
    assert said in refused.value.message


def test_a_patch_is_a_list() -> None:
    with pytest.raises(Invalid, match="from Object value"):
        apply_json_patch(DOCUMENT, {"op": "add"})
