"""Who builds the worlds of each suite: all that serving or writing a world needs. `suites` adds graders and agents."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import fhir_seed.mock
import fhir_seed.trial_audit
import tasks.mock
import tasks.trial_audit
from fhir_r4 import World
from tasks import Address, Budget, Truth


class Built(Protocol):
    """A world and, apart from it, its truth."""

    @property
    def world(self) -> World: ...
    @property
    def truth(self) -> Truth: ...


@dataclass(frozen=True)
class Generator:
    """budgets: by variant. build: from the salt and the address."""

    name: str
    version: str
    budgets: Mapping[str, Budget]
    build: Callable[[str, Address], Built]


GENERATORS: Mapping[str, Generator] = {
    generator.name: generator
    for generator in (
        Generator(
            name="trial_audit",
            version=tasks.trial_audit.VERSION,
            budgets={name: variant.budget for name, variant in tasks.trial_audit.VARIANTS.items()},
            build=fhir_seed.trial_audit.build,
        ),
        Generator(
            name="mock",
            version=tasks.mock.VERSION,
            budgets=tasks.mock.VARIANTS,
            build=fhir_seed.mock.build,
        ),
    )
}
