"""Named random streams. Only PCG64's raw 64-bit words are used: numpy's distributions may change between releases.

Everything is integer arithmetic, so the same entropy gives the same draws on every machine and Python.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

from numpy.random import PCG64, SeedSequence

T = TypeVar("T")

_BLOCK = 256
# Quantiles of the standard normal in thousandths at (i + 0.5) / 64, i = 0..63; the table is symmetric.
_NORMAL = (
    -2418, -1987, -1762, -1601, -1473, -1366, -1273, -1189, -1113, -1043, -978, -917, -858, -803, -750, -699,
    -650, -602, -556, -511, -467, -424, -381, -339, -298, -257, -217, -177, -138, -98, -59, -20,
)  # fmt: skip


class Stream:
    """One component's randomness: `Stream(entropy, "people")`."""

    def __init__(self, entropy: bytes, name: str) -> None:
        words = hashlib.sha256(entropy + b"\x1f" + name.encode()).digest()
        seed = SeedSequence([int.from_bytes(words[i : i + 4], "little") for i in range(0, 32, 4)])
        self._source = PCG64(seed)
        self._buffer: list[int] = []

    def word(self) -> int:
        """64 random bits."""
        if not self._buffer:
            self._buffer = self._source.random_raw(_BLOCK).tolist()
            self._buffer.reverse()
        return self._buffer.pop()

    def below(self, n: int) -> int:
        """0 <= x < n, n >= 1; bias below n / 2**64."""
        return (self.word() * n) >> 64

    def integer(self, low: int, high: int) -> int:
        """low <= x <= high."""
        return low + self.below(high - low + 1)

    def chance(self, per_mille: int) -> bool:
        """True in `per_mille` of 1000 draws."""
        return self.below(1000) < per_mille

    def choice(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def weighted(self, weights: Sequence[int]) -> int:
        """An index, drawn in proportion to integer weights."""
        x = self.below(sum(weights))
        for i, w in enumerate(weights):
            if x < w:
                return i
            x -= w
        raise AssertionError("weights sum to less than their sum")

    def shuffled(self, items: Sequence[T]) -> list[T]:
        out = list(items)
        for i in range(len(out) - 1, 0, -1):
            j = self.below(i + 1)
            out[i], out[j] = out[j], out[i]
        return out

    def sample(self, items: Sequence[T], k: int) -> list[T]:
        """k different items in random order; k <= len(items)."""
        if k > len(items):
            raise ValueError(f"cannot draw {k} of {len(items)}")
        out = list(items)
        for i in range(k):
            j = i + self.below(len(out) - i)
            out[i], out[j] = out[j], out[i]
        return out[:k]

    def normal(self, mean: int, sd: int) -> int:
        """Near-normal integer by table (|z| <= 2.4, finer by adding a uniform step); same unit as mean and sd."""
        i = self.below(64)
        z = _NORMAL[i] if i < 32 else -_NORMAL[63 - i]
        return mean + (z * sd + (self.below(1000) - 500) * sd // 16) // 1000

    def identifier(self, length: int = 12) -> str:
        """A random FHIR id: starts with a letter, lower case and digits, no look-alikes."""
        letters, alphabet = "abcdefghjkmnpqrstuvwxyz", "abcdefghjkmnpqrstuvwxyz23456789"
        return letters[self.below(len(letters))] + "".join(
            alphabet[self.below(len(alphabet))] for _ in range(length - 1)
        )
