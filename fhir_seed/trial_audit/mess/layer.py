"""Lays the mess over a world, person by person, after its truth is known and without knowing it."""

from collections.abc import Iterable, Mapping
from itertools import chain
from types import MappingProxyType

from fhir_seed.trial_audit.mess.chart import Chart, Setting
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.guard import Guard
from fhir_seed.trial_audit.mess.log import MessLog, Tally
from fhir_seed.trial_audit.mess.phenomena import PHENOMENA
from fhir_seed.trial_audit.mess.rates import RATES, Rate
from fhir_seed.trial_audit.render.written import Json
from tasks.trial_audit import MessLevel, Protocol


class Mess:
    """The mess of one world; call it with the rows of one person after another, then read the log.

    Each phenomenon draws from its own stream over the rendered rows alone, so that the rate of one does not move what
    another strikes.
    """

    def __init__(
        self,
        entropy: bytes,
        level: MessLevel,
        protocol: Protocol,
        guard: Guard,
        now: str,
        rates: Mapping[str, Rate] = RATES,
    ) -> None:
        self._level = level
        self._setting = Setting(protocol, guard, now)
        self._draws = {name: Draw(entropy, name, rate.at(level)) for name, rate in rates.items()}
        self._steps = [PHENOMENA[name](draw, self._setting) for name, draw in self._draws.items()]

    def __call__(self, rows: Iterable[Json]) -> Iterable[Json]:
        """rows: of one person; they are changed in place."""
        chart = Chart(rows, self._setting)
        for step in self._steps:
            step(chart)
        return chart.finished()

    def log(self) -> MessLog:
        """After the last person."""
        return MessLog(
            level=self._level,
            touches=tuple(chain.from_iterable(draw.touches for draw in self._draws.values())),
            tallies=MappingProxyType({n: Tally(d.units, d.hits, len(d.touches)) for n, d in self._draws.items()}),
            aliases=self._aliases(),
        )

    def _aliases(self) -> Mapping[str, str]:
        found = {}
        for name in ("duplicate_patient", "merged_patient"):
            for touch in self._draws[name].touches:
                found[touch.reference] = touch.before if name == "merged_patient" else touch.reference
        return MappingProxyType(found)
