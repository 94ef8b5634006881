"""Medical record and subject numbers: random, each used once in a world, of no order."""

from fhir_seed.stream import Stream


class Numbers:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._used: set[int] = set()

    def mrn(self) -> str:
        return str(self._fresh(10_000_000, 99_999_999))

    def subject(self) -> str:
        return str(self._fresh(100_000, 999_999))

    def _fresh(self, low: int, high: int) -> int:
        while (number := self._stream.integer(low, high)) in self._used:
            pass
        self._used.add(number)
        return number
