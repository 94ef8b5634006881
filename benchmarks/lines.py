"""Resources in a file, one a line."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path


@dataclass(frozen=True)
class Lines:
    """The first `number` resources, read one after the other, every time anew."""

    path: Path
    number: int

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb") as lines:
            for line in islice(lines, self.number):
                yield line.rstrip(b"\n")
