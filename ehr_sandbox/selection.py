"""From command-line words to task addresses: `suite[/variant[/index]]` and `--seeds A-B`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from ehr_sandbox.generators import Generator
from fhir_r4 import Invalid, NotFound
from tasks import Address, parse_index

S = TypeVar("S", bound=Generator)


@dataclass(frozen=True)
class Selection(Generic[S]):
    """One suite, some of its variants, and indices if the word named one."""

    suite: S
    variants: tuple[str, ...]
    index: int | None

    def addresses(self, seeds: str | None) -> list[Address]:
        """Every address, variant by variant. Without an index and without seeds: index 0."""
        if self.index is not None and seeds is not None:
            raise Invalid("name indices once: either suite/variant/index or --seeds, not both")
        indices = [self.index] if self.index is not None else parse_seeds(seeds or "0")
        return [Address(suite=self.suite.name, variant=v, index=i) for v in self.variants for i in indices]

    def one(self) -> Address:
        """Exactly one task. Raises Invalid."""
        if self.index is None or len(self.variants) != 1:
            raise Invalid(f"name one task, as in {self.suite.name}/{self.variants[0]}/0")
        return Address(suite=self.suite.name, variant=self.variants[0], index=self.index)


def select(word: str, suites: Mapping[str, S]) -> Selection[S]:
    """Parse a task word. Raises NotFound that lists what exists, or Invalid."""
    parts = word.split("/")
    if len(parts) > 3:
        raise Invalid(f"{word!r} is not a task: write suite, suite/variant or suite/variant/index")
    if parts[0] not in suites:
        raise NotFound(f"no suite {parts[0]!r}; there are: {', '.join(suites)}")
    suite = suites[parts[0]]
    if len(parts) > 1 and parts[1] not in suite.budgets:
        raise NotFound(f"{suite.name} has no variant {parts[1]!r}; there are: {', '.join(suite.budgets)}")
    variants = (parts[1],) if len(parts) > 1 else tuple(suite.budgets)
    return Selection(suite, variants, parse_index(parts[2]) if len(parts) == 3 else None)


def parse_seeds(text: str) -> list[int]:
    """`7` -> [7], `0-2` -> [0, 1, 2]. Raises Invalid."""
    first, dash, last = text.partition("-")
    low, high = parse_index(first), parse_index(last if dash else first)
    if high < low:
        raise Invalid(f"--seeds {text}: the last index is below the first; write A-B with A <= B")
    if high - low >= 1_000_000:
        raise Invalid(f"--seeds {text} names more than a million indices; split it")
    return list(range(low, high + 1))
