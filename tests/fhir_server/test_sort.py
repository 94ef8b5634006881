import pytest

from tests.helpers.fhir import observation, patient
from tests.helpers.server import Server, ids, opened


@pytest.fixture
async def server() -> Server:
    return await opened(
        [
            patient("a", name=[{"family": "Zeta"}], gender="male"),
            patient("b", name=[{"family": "Alpha"}], gender="male"),
            patient("c", name=[], gender="female"),
            observation("o1", "a"),
            observation("o2", "b"),
            observation("o3", "c"),
        ]
    )


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        ("_sort=family", "bac"),
        ("_sort=-family", "abc"),
        ("_sort:desc=family", "abc"),
        ("_sort=gender,-_id", "cba"),
        ("_sort=gender,family", "cba"),
        ("_sort=-_id&_sort=gender", "cba"),
        ("_sort=-,", "abc"),
    ],
)
async def test_missing_values_are_last_in_both_directions(server: Server, keys: str, order: str) -> None:
    assert ids(server.ask(f"Patient?{keys}")) == [f"Patient/{id}" for id in order]


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        ("Patient:subject.family", "213"),
        ("-Patient:subject.family", "123"),
        ("Patient:subject.gender,-_id", "321"),
        ("Patient:subject._id", "123"),
    ],
)
async def test_a_key_may_be_of_what_is_referred_to(server: Server, keys: str, order: str) -> None:
    assert ids(server.ask(f"Observation?_sort={keys}")) == [f"Observation/o{n}" for n in order]
