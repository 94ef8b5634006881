"""One phenomenon's randomness: which of its units it strikes, and what it needs beyond that."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from typing import TypeVar

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.mess.log import Touch
from fhir_seed.trial_audit.mess.rates import MILLION
from fhir_seed.trial_audit.render.ids import Ids

T = TypeVar("T")

_WORDS = 1 << 64
_LONGEST = 256


@cache
def _gaps(rate: int) -> tuple[int, ...]:
    """The n-th number: how many of 2**64 words mean at most n misses before a hit. rate: per million, above 0."""
    table: list[int] = []
    missed = _WORDS
    while missed and len(table) < _LONGEST:
        missed = missed * (MILLION - rate) // MILLION
        table.append(_WORDS - missed)
    return tuple(table)


class Chooser:
    """Strikes units at a rate, each independently, with one draw per hit instead of one per unit."""

    def __init__(self, stream: Stream, rate: int) -> None:
        self._stream = stream
        self._table = _gaps(rate) if rate else ()
        self._left = self._gap() if rate else 0

    def hits(self, count: int) -> list[int]:
        """Which of the next `count` units are struck: ascending places from 0."""
        left = self._left
        if not self._table:
            return []
        if left >= count:
            self._left = left - count
            return []
        found = []
        while left < count:
            found.append(left)
            left += 1 + self._gap()
        self._left = left - count
        return found

    def _gap(self) -> int:
        """Misses before the next hit."""
        table, missed = self._table, 0
        while (n := bisect_right(table, self._stream.word())) == len(table):
            missed += n
        return missed + n


class Draw:
    """The stream `mess.<phenomenon>` of one world, and what the phenomenon did: units, hits and touches."""

    def __init__(self, entropy: bytes, phenomenon: str, rate: int) -> None:
        self.phenomenon = phenomenon
        self.rate = rate
        """Per million."""
        self.stream = Stream(entropy, f"mess.{phenomenon}")
        self.units = 0
        self.hits = 0
        self.touches: list[Touch] = []
        self._chooser = Chooser(self.stream, rate)
        self._ids = Ids(self.stream)

    def among(self, units: Sequence[T], chooser: Chooser | None = None) -> list[T]:
        """Those that are struck. chooser: of another rate than the table's."""
        count = len(units)
        self.units += count
        places = (chooser or self._chooser).hits(count)
        if not places:
            return []
        self.hits += len(places)
        return [units[place] for place in places]

    def identifier(self) -> str:
        """Of a new resource."""
        return self._ids.identifier()

    def note(self, reference: str, before: str, after: str) -> None:
        self.touches.append(Touch(self.phenomenon, reference, before, after))
