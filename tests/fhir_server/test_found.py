import pytest

from fhir_server.found import Found


@pytest.mark.parametrize("times", [1, 1000])  # short ones and long ones are kept apart
def test_ids_are_read_by_their_numbers(times: int) -> None:
    found = Found(["a", "b", "c"], [2, 0] * times)
    assert (len(found), found[1], list(found[:3])) == (2 * times, "a", ["c", "a", "c"][: 2 * times])
    assert list(found) == ["c", "a"] * times
