"""What disease and treatment do to a body: blood counts, kidneys, weight and performance before each dose.

All integers. A value before a dose follows from the values at screening, what was given so far, how the person stands
the drug, and how the disease answers; both are drawn from the stage alone, or from nothing.
"""

from dataclasses import dataclass

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.render import labs
from fhir_seed.trial_audit.render.facts import Response
from fhir_seed.trial_audit.render.labs import Lab
from tasks.trial_audit import NEUTROPHILS_FLOOR, NEUTROPHILS_HELD, PLATELETS_FLOOR, PLATELETS_HELD


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How a body stands full doses. Per mille, but anemia.

    fall: of the neutrophils, missing before every later dose; wear: of the platelets, lost with each dose; dip: chance
    that marrow has not recovered before a dose; anemia: hundredths of g/dL lost with each dose; appetite: of the
    weight, lost with each cycle; events: chance of an adverse event in a cycle.
    """

    fall: int
    wear: int
    dip: int
    anemia: int
    appetite: int
    events: int


_TOLERANCES = (
    Tolerance(fall=90, wear=14, dip=16, anemia=12, appetite=0, events=80),
    Tolerance(fall=220, wear=28, dip=60, anemia=26, appetite=2, events=120),
    Tolerance(fall=400, wear=48, dip=170, anemia=48, appetite=5, events=200),
)
_TOLERANCE_WEIGHTS = (52, 35, 13)

_RESPONSES: tuple[Response, ...] = ("response", "stable", "progression")
_RESPONSE_WEIGHTS = ((56, 38, 6), (46, 43, 11), (34, 46, 20), (24, 44, 32))
"""By stage."""
_WEIGHT_PER_CYCLE = {"response": 3, "stable": -3, "progression": -11}
"""Per mille."""
_LDH_PER_CYCLE = {"response": -50, "stable": 0, "progression": 100}
"""Per mille."""
_TURNS = {"response": (-1, 200), "stable": (1, 60), "progression": (1, 400)}
"""Step of the performance status at an assessment, and its chance per mille."""
_TRANSFUSED_BELOW = 80
"""Hemoglobin, tenths of g/dL."""


@dataclass(frozen=True, slots=True)
class Body:
    """Values at screening: tenths of kg, and the units of `labs`. kidneys: per mille that a dose adds to creatinine."""

    tolerance: Tolerance
    response: Response
    kidneys: int
    weight: int
    ecog: int
    neutrophils: int
    platelets: int
    hemoglobin: int
    creatinine: int
    ldh: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """Before a dose: which cycle it opens, all that was given, and what was given last; per cent of a full dose."""

    cycle: int
    total: int
    last: int


def draw_body(stream: Stream, stage: int, panel: tuple[int, ...], weight: int, ecog: int, *, renal: bool) -> Body:
    """panel: values of `labs.PANEL` at screening."""
    values = dict(zip((lab.words for lab in labs.PANEL), panel, strict=True))
    return Body(
        tolerance=_TOLERANCES[stream.weighted(_TOLERANCE_WEIGHTS)],
        response=_RESPONSES[stream.weighted(_RESPONSE_WEIGHTS[stage - 1])],
        kidneys=stream.choice((0, 0, 0, 4, 18)) + 6 * renal,
        weight=weight,
        ecog=ecog,
        neutrophils=values[labs.NEUTROPHILS.words],
        platelets=values[labs.PLATELETS.words],
        hemoglobin=values[labs.HEMOGLOBIN.words],
        creatinine=values[labs.CREATININE.words],
        ldh=values[labs.LDH.words],
    )


def draw_counts(stream: Stream, body: Body, exposure: Exposure) -> tuple[tuple[Lab, int], ...]:
    """Neutrophils, platelets, hemoglobin and creatinine before a dose."""
    tolerance = body.tolerance
    neutrophils = body.neutrophils * (100_000 - tolerance.fall * exposure.last) // 100_000
    platelets = body.platelets * (100_000 - tolerance.wear * exposure.total) // 100_000
    if stream.chance(tolerance.dip * exposure.last // 100):
        neutrophils = neutrophils * stream.integer(200, 520) // 1000
        platelets = platelets * stream.integer(240, 900) // 1000
    few, scarce = (NEUTROPHILS_HELD, PLATELETS_HELD) if exposure.total else (NEUTROPHILS_FLOOR, PLATELETS_FLOOR)
    return (
        (labs.NEUTROPHILS, _recovered(stream, _about(stream, neutrophils, 130), few)),
        (labs.PLATELETS, _recovered(stream, _about(stream, platelets, 90), scarce)),
        (labs.HEMOGLOBIN, _hemoglobin(stream, body, exposure)),
        (labs.CREATININE, _creatinine(stream, body, exposure)),
    )


def draw_nadir(stream: Stream, body: Body, *, deep: bool) -> tuple[tuple[Lab, int], ...]:
    """Counts between two doses, when they are lowest. deep: as in febrile neutropenia."""
    neutrophils = stream.integer(1, 8) if deep else max(11, body.neutrophils * stream.integer(300, 600) // 1000)
    hemoglobin = max(72, body.hemoglobin - stream.integer(4, 22))
    return (labs.NEUTROPHILS, neutrophils), (labs.HEMOGLOBIN, hemoglobin)


def draw_weight(stream: Stream, body: Body, exposure: Exposure) -> int:
    change = (_WEIGHT_PER_CYCLE[body.response] - body.tolerance.appetite) * exposure.cycle
    return _about(stream, body.weight * (1000 + change) // 1000, 5)


def draw_ldh(stream: Stream, body: Body, exposure: Exposure) -> int:
    answer = max(700, 1000 + _LDH_PER_CYCLE[body.response] * exposure.cycle)
    return max(labs.LDH.least, _about(stream, body.ldh * answer // 1000, 60))


def draw_performance(stream: Stream, body: Body) -> int:
    step, chance = _TURNS[body.response]
    return min(3, max(0, body.ecog + step * stream.chance(chance)))


def _about(stream: Stream, value: int, spread: int) -> int:
    """spread: standard deviation, per mille of the value."""
    return value * stream.normal(1000, spread) // 1000


def _recovered(stream: Stream, value: int, least: int) -> int:
    """Under the least there is no dose until blood that is drawn again shows at least that."""
    return value if value >= least else least + stream.below(least // 2 + 2)


def _hemoglobin(stream: Stream, body: Body, exposure: Exposure) -> int:
    """Falls with the doses; those who fall too low are transfused before the next blood draw."""
    value = body.hemoglobin - body.tolerance.anemia * exposure.total // 1000 + stream.normal(0, 4)
    return value if value >= _TRANSFUSED_BELOW else _TRANSFUSED_BELOW + stream.below(12)


def _creatinine(stream: Stream, body: Body, exposure: Exposure) -> int:
    value = body.creatinine * (100_000 + body.kidneys * exposure.total) // 100_000
    return max(labs.CREATININE.least, _about(stream, value, 50))
