import orjson

from fhir_r4 import date_range
from fhir_server.index import TokenIndex
from fhir_server.overlay import Overlay

UPDATED = date_range("2026-01-01T00:00:00Z")


def add(overlay: Overlay, id: str, gender: str) -> None:
    json = orjson.dumps({"gender": gender, "id": id, "resourceType": "Patient"})
    overlay.add(id, json, 0, 1, len(overlay))


def genders(overlay: Overlay) -> list[tuple[int, str]]:
    index = overlay.indexed().indexes["gender"]
    assert isinstance(index, TokenIndex)
    return [(n, code) for n, (_, code) in index.rows()]


def test_documents_go_into_the_indexes_when_they_are_asked_for() -> None:
    overlay = Overlay("Patient", UPDATED)
    add(overlay, "a", "male")
    assert overlay.indexes == {}
    assert genders(overlay) == [(0, "male")]
    add(overlay, "b", "male")
    assert genders(overlay) == [(0, "male"), (1, "male")]


def test_what_was_taken_back_is_not_indexed() -> None:
    overlay = Overlay("Patient", UPDATED)
    for n, gender in enumerate(("male", "female", "other")):
        add(overlay, f"p{n}", gender)
        if n == 1:
            overlay.back_to(1, set())
    assert genders(overlay) == [(0, "male"), (2, "other")]
