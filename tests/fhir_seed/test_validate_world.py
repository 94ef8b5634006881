"""A whole world is validated as its resources one by one would be."""

from typing import Any

import orjson
import pytest

from fhir_r4 import World
from fhir_seed import FormMemo, validate_resource, validate_world
from fhir_seed.trial_audit import build
from tasks import PUBLIC_SALT, Address

PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "pppppppppppp", "birthDate": "1960-05-01"}
RESULT: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "oooooooooooo",
    "status": "final",
    "code": {"text": "x"},
    "subject": {"reference": "Patient/pppppppppppp"},
    "effectiveDateTime": "2024-02-03T10:00:00-05:00",
    "valueQuantity": {"value": 7.5},
}


def world(*rows: dict[str, Any]) -> World:
    dumped = tuple(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in (PATIENT, *rows))
    return World("2026-01-01T00:00:00Z", dumped, {}, "")


def test_a_sound_world_has_no_problems() -> None:
    assert validate_world(world(RESULT, RESULT | {"id": "aaaaaaaaaaaa"}), FormMemo()) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": "done"}, "Observation.status: 'done' is not one of"),
        ({"effectiveDateTime": "2024-02-03T25:00:00Z"}, "effectiveDateTime"),
        ({"effectiveDateTime": "2024-02-30"}, "2024-02-30 is not on the calendar"),
        ({"effectiveDateTime": "2024-02-30T10:00:00Z"}, "2024-02-30 is not on the calendar"),
        ({"effectiveDateTime": "2024-2-3"}, "effectiveDateTime"),
        ({"effectiveDateTime": "2024-13"}, "effectiveDateTime"),
        ({"issued": "2024-02-03"}, "issued"),
        ({"subject": {"reference": "Medication/pppppppppppp"}}, "Medication is not one of"),
        ({"subject": {"reference": "Patient/qqqqqqqqqqqq"}}, "nothing is at Patient/qqqqqqqqqqqq"),
        ({"valueQuantity": {"value": "seven"}}, "valueQuantity"),
        ({"id": "no spaces please"}, "id"),
        ({"colour": "2024-02-03"}, "R4 has no such element"),
    ],
)
def test_what_is_wrong_is_found_though_its_like_was_sound(change: dict[str, Any], says: str) -> None:
    memo = FormMemo()
    assert validate_world(world(RESULT), memo) == []
    for _ in range(2):  # the second world has the same problem, and is told of it too
        found = validate_world(world(RESULT, RESULT | {"id": "bbbbbbbbbbbb"} | change), memo)
        assert any(says in problem for problem in found), found


@pytest.mark.parametrize(
    ("name", "is_sound"),
    [
        ({"family": "Gray", "given": ["Ann", "Mary-Jo"]}, True),
        ({"family": "Gonz\u00e1lez", "given": ["Ann"]}, True),
        ({"family": "", "given": ["Ann"]}, False),
        ({"family": "Gray", "given": [""]}, False),
        ({"family": "Gray", "given": "Ann"}, False),
        ({"family": ["Gray"], "given": ["Ann"]}, False),
    ],
)
def test_names_are_alike_unless_they_are_none(name: dict[str, Any], is_sound: bool) -> None:
    memo = FormMemo()
    assert (
        validate_world(world(PATIENT | {"id": "aaaaaaaaaaaa", "name": [{"family": "X", "given": ["Y"]}]}), memo) == []
    )
    assert (validate_world(world(PATIENT | {"id": "bbbbbbbbbbbb", "name": [name]}), memo) == []) is is_sound


def test_ids_inside_a_resource_are_not_taken_for_its_own() -> None:
    held = {"resourceType": "Patient", "id": "inner", "active": True}
    holder = RESULT | {"contained": [held], "subject": {"reference": "Patient/inner"}}
    assert validate_world(world(holder), FormMemo()) == ["nothing is at Patient/inner, which is referred to"]


def test_a_generated_world_is_found_sound_by_both_ways() -> None:
    built = build(PUBLIC_SALT, Address(suite="trial_audit", variant="tiny", index=0)).world
    assert validate_world(built, FormMemo()) == []
    assert [problem for row in built.resources[::20] for problem in validate_resource(row)] == []
