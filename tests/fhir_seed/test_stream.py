"""Named streams: independent, repeatable, in range."""

from collections import Counter

import pytest

from fhir_seed.stream import Stream

GOLDEN_WORD = 2_329_158_827_748_148_548


def test_the_same_name_gives_the_same_words_for_ever() -> None:
    assert Stream(b"entropy", "people").word() == Stream(b"entropy", "people").word() == GOLDEN_WORD


def test_another_name_gives_other_words() -> None:
    assert Stream(b"entropy", "people").word() != Stream(b"entropy", "traps").word()


def test_integer_reaches_both_ends() -> None:
    stream = Stream(b"", "x")
    assert {stream.integer(-1, 2) for _ in range(200)} == {-1, 0, 1, 2}


def test_chance_is_per_mille() -> None:
    stream = Stream(b"", "x")
    assert 270 < sum(stream.chance(300) for _ in range(1000)) < 330


def test_weighted_never_takes_a_weight_of_zero() -> None:
    stream = Stream(b"", "x")
    drawn = Counter(stream.weighted((3, 0, 1)) for _ in range(4000))
    assert drawn[1] == 0
    assert 2800 < drawn[0] < 3200


def test_shuffled_and_sample_keep_the_items() -> None:
    stream = Stream(b"", "x")
    assert sorted(stream.shuffled(range(20))) == list(range(20))
    assert len(set(stream.sample(range(20), 7))) == 7


def test_sample_refuses_more_than_there_are() -> None:
    with pytest.raises(ValueError, match="cannot draw 3 of 2"):
        Stream(b"", "x").sample((1, 2), 3)


def test_normal_has_its_mean_and_spread() -> None:
    stream = Stream(b"", "x")
    drawn = [stream.normal(5800, 1100) for _ in range(5000)]
    mean = sum(drawn) / len(drawn)
    spread = (sum((x - mean) ** 2 for x in drawn) / len(drawn)) ** 0.5
    assert abs(mean - 5800) < 60
    assert abs(spread - 1100) < 60


def test_identifiers_are_fhir_ids_and_differ() -> None:
    stream = Stream(b"", "x")
    ids = {stream.identifier() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(i) == 12 and i[0].isalpha() and i.isalnum() and i.islower() for i in ids)
