"""Which task, and the entropy that makes its world: (salt, suite, variant, index, version) -> 256 bits."""

import hashlib
import re

from fhir_r4 import Invalid
from tasks.model import Frozen

PUBLIC_SALT = hashlib.sha256(b"ehr-sandbox public salt 1").hexdigest()
"""For development and comparison; only runs under a secret salt count as benchmark results."""

SPLITS: dict[str, tuple[int, int | None]] = {
    "dev": (0, 999),
    "test": (1000, 1999),
    "reserved": (2000, 9999),
    "train": (10000, None),
}
"""First and last index (inclusive) of each split."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_SALT = re.compile(r"[0-9a-f]{64}")
MAX_INDEX = 2**53 - 1


class Address(Frozen):
    """One task, e.g. `trial_audit/hard/7`. For operators only: an agent never sees it."""

    suite: str
    variant: str
    index: int

    def __str__(self) -> str:
        return f"{self.suite}/{self.variant}/{self.index}"

    @property
    def split(self) -> str:
        return next(
            name
            for name, (first, last) in SPLITS.items()
            if self.index >= first and (last is None or self.index <= last)
        )


def parse_index(text: str) -> int:
    """A decimal index. Raises Invalid."""
    if not re.fullmatch(r"[0-9]{1,16}", text) or int(text) > MAX_INDEX:
        raise Invalid(f"{text!r} is not a task index: write a whole number from 0, as in trial_audit/tiny/0")
    return int(text)


def parse_address(text: str) -> Address:
    """`suite/variant/index`. Raises Invalid."""
    parts = text.split("/")
    if len(parts) != 3 or not all(map(_NAME.fullmatch, parts[:2])):
        raise Invalid("a task is named suite/variant/index, as in trial_audit/tiny/0; list the tasks to see which")
    return Address(suite=parts[0], variant=parts[1], index=parse_index(parts[2]))


def parse_salt(text: str) -> str:
    """The salt of a `--salt-file`: 64 lower-case hex characters. Raises Invalid."""
    salt = text.strip()
    if not _SALT.fullmatch(salt):
        raise Invalid(
            "the salt file must hold 64 lower-case hex characters (256 secret bits); make one with:"
            " python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return salt


def salt_fingerprint(salt: str) -> str:
    """`public`, or `sealed:` and 12 hex characters that identify a secret salt without telling it."""
    if salt == PUBLIC_SALT:
        return "public"
    return "sealed:" + hashlib.sha256(b"fingerprint\x1f" + salt.encode()).hexdigest()[:12]


def entropy(salt: str, address: Address, version: str) -> bytes:
    """32 bytes; the only source of randomness of a world."""
    parts = (salt, address.suite, address.variant, str(address.index), version)
    return hashlib.sha256("\x1f".join(parts).encode()).digest()
