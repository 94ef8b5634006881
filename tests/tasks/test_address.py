"""Task addresses, salts and the entropy of a world."""

import pytest

from fhir_r4 import Invalid
from tasks import PUBLIC_SALT, Address, entropy, parse_index, parse_salt, salt_fingerprint

ADDRESS = Address(suite="trial_audit", variant="hard", index=7)


@pytest.mark.parametrize(
    ("index", "split"),
    [(0, "dev"), (999, "dev"), (1000, "test"), (2000, "reserved"), (10000, "train"), (10**9, "train")],
)
def test_every_index_has_one_split(index: int, split: str) -> None:
    assert ADDRESS.model_copy(update={"index": index}).split == split


def test_entropy_differs_in_every_part() -> None:
    others = [
        entropy("0" * 64, ADDRESS, "1"),
        entropy(PUBLIC_SALT, ADDRESS.model_copy(update={"suite": "mock"}), "1"),
        entropy(PUBLIC_SALT, ADDRESS.model_copy(update={"variant": "easy"}), "1"),
        entropy(PUBLIC_SALT, ADDRESS.model_copy(update={"index": 8}), "1"),
        entropy(PUBLIC_SALT, ADDRESS, "2"),
    ]
    assert len({entropy(PUBLIC_SALT, ADDRESS, "1"), *others}) == 6


def test_entropy_is_the_one_that_published_worlds_are_made_of() -> None:
    assert entropy(PUBLIC_SALT, ADDRESS, "1").hex().startswith("2617f256b8e12a56")


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "9" * 17, "٣"])
def test_what_is_no_index_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="whole number"):
        parse_index(text)


@pytest.mark.parametrize("text", ["", "ab", "G" * 64, "A" * 64, "0" * 63])
def test_what_is_no_salt_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="64 lower-case hex"):
        parse_salt(text)


def test_a_fingerprint_tells_public_from_sealed_and_nothing_else() -> None:
    secret = "ab" * 32
    assert salt_fingerprint(PUBLIC_SALT) == "public"
    assert salt_fingerprint(secret).startswith("sealed:")
    assert secret[:12] not in salt_fingerprint(secret)
