"""Both arms of hard as people: cells filled with sex, groups, sites and decoy stages.

The verdict's construction: the kind is drawn first, everything a single table shows is blind to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import get_args

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.cells import Cells, Kind, Shape, draw_cells, draw_mixed_cells
from fhir_seed.trial_audit.cohort_decoys import with_decoys
from fhir_seed.trial_audit.cohort_figures import Figures, figures, verdict
from fhir_seed.trial_audit.courses_rows import Extra
from fhir_seed.trial_audit.draw_protocol import SITES
from fhir_seed.trial_audit.people import UNKNOWN_GROUP, Profile
from fhir_seed.trial_audit.plan import Arm, Group, Sex
from tasks.trial_audit import EquityThresholds

_KINDS: tuple[Kind, ...] = ("selection_bias", "confounded", "none")
_KIND_WEIGHTS = (4, 4, 2)
_GROUPS: tuple[Group, ...] = tuple(g for g in get_args(Group) if g != "unknown")
_GROUP_WEIGHTS: dict[Group, int] = {
    "white": 28, "black": 19, "hispanic": 20, "asian": 18, "native_american": 10, "pacific_islander": 5,
}  # fmt: skip
_DOMINANT: tuple[Group, ...] = ("white", "black", "hispanic", "asian")
_DOMINANT_WEIGHTS = (4, 2, 2, 2)
_RISKY_SITES = 3
_SITE_MIX = (0, 100)
_DECOY_FAMILIES: tuple[Extra, ...] = ("entered_in_error", "after_enrolment")


@dataclass(frozen=True, slots=True)
class Cohort:
    """decoy_family: which rows show the decoy stages, `entered_in_error` or `after_enrolment`."""

    people: tuple[Profile, ...]
    decoy_family: Extra
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Places:
    """Site weights, the high-risk sites, and the per mille of the rest that is moved to them."""

    weights: Sequence[int]
    risky: frozenset[int]
    mix: int


def draw_cohort(stream: Stream, equity: EquityThresholds, weights: Sequence[int]) -> Cohort:
    """720 enrolled in random order. Raises AssertionError if a margin of the verdict is not met."""
    kind = _KINDS[stream.weighted(_KIND_WEIGHTS)]
    shape: Shape = "3/4" if stream.chance(500) else "2/3"
    dominant = _DOMINANT[stream.weighted(_DOMINANT_WEIGHTS)]
    places = _Places(weights, frozenset(stream.sample(range(SITES), _RISKY_SITES)), stream.choice(_SITE_MIX))
    cells = draw_cells(stream, kind, equity, shape)
    control = _fill(stream, cells, "control", dominant, places)
    other_kind, other = _draw_other_arm(stream, equity, shape)
    treatment = _fill(stream, other, "treatment", dominant, places)
    control = with_decoys(stream, control, dominant, cells.pattern, exact=kind != "none")
    treatment = with_decoys(stream, treatment, dominant, other.pattern, exact=False)
    treatment = [replace(p, group="unknown") if stream.chance(UNKNOWN_GROUP) else p for p in treatment]
    people = tuple(stream.shuffled(control + treatment))
    check_margins(figures(people), equity, kind)
    family = stream.choice(_DECOY_FAMILIES)
    notes = {
        "kind": kind, "shape": shape, "pattern": cells.pattern, "engine": str(cells.engine), "why": str(cells.why),
        "dominant": dominant, "treatment": other_kind, "site_mix": str(places.mix), "decoys": family,
    }  # fmt: skip
    return Cohort(people, family, notes)


def check_margins(found: Figures, equity: EquityThresholds, kind: Kind) -> None:
    """The published margins, exactly. Raises AssertionError: then the construction is wrong, not the draw unlucky."""
    share = found.dominance - Fraction(equity.dominance, 100)
    male = found.male - Fraction(equity.male, 100)
    gap = found.crude_gap - Fraction(equity.gap, 100)
    adjusted = found.adjusted_gap - Fraction(equity.gap, 100)
    assert verdict(found, equity) == kind, f"the figures say {verdict(found, equity)}, not {kind}"
    if kind == "none":
        assert min(share, male, gap) <= Fraction(-30, 1000), "none by too little"
        return
    assert Fraction(20, 1000) <= share <= Fraction(53, 1000), f"dominance {share}"
    assert Fraction(20, 1000) <= male <= Fraction(63, 1000), f"male {male}"
    assert Fraction(40, 1000) <= gap <= Fraction(76, 1000), f"crude gap {gap}"
    # the allocation rounds each stage down by at most a billionth
    slip = Fraction(1, 10**8)
    if kind == "selection_bias":
        assert adjusted >= Fraction(45, 1000) - slip, f"adjusted gap {adjusted}"
    else:
        assert adjusted <= Fraction(-65, 1000) + slip, f"adjusted gap {adjusted}"


def _draw_other_arm(stream: Stream, equity: EquityThresholds, shape: Shape) -> tuple[str, Cells]:
    if stream.chance(600):
        kind: Kind = "selection_bias" if stream.chance(500) else "confounded"
        return f"twin:{kind}", draw_cells(stream, kind, equity, shape, twin=True)
    return "mixed", draw_mixed_cells(stream, shape)


def _fill(stream: Stream, cells: Cells, arm: Arm, dominant: Group, places: _Places) -> list[Profile]:
    """Sex at random over the arm; the share at high-risk sites is additive in group and death and blind to stage."""
    rows = [
        (rest, stage, dead)
        for rest in (0, 1)
        for stage in range(1, 5)
        for dead, k in _split(cells.sizes[rest][stage - 1], cells.deaths[rest][stage - 1])
        for _ in range(k)
    ]
    by_share: list[Sex] = ["male" if i < cells.men else "female" for i in range(len(rows))]
    sexes = stream.shuffled(by_share)
    others = [g for g in _GROUPS if g != dominant]
    shares = [_GROUP_WEIGHTS[g] * stream.integer(500, 1500) for g in others]
    sites = _draw_sites(stream, [(rest, dead) for rest, _, dead in rows], places)
    return [
        Profile(arm, sites[i], sexes[i], others[stream.weighted(shares)] if rest else dominant, stage, dead)
        for i, (rest, stage, dead) in enumerate(rows)
    ]


def _split(size: int, deaths: int) -> tuple[tuple[bool, int], tuple[bool, int]]:
    return (True, deaths), (False, size - deaths)


def _draw_sites(stream: Stream, rows: Sequence[tuple[int, bool]], places: _Places) -> list[int]:
    sites = [0] * len(rows)
    high = [w if s in places.risky else 0 for s, w in enumerate(places.weights)]
    low = [0 if s in places.risky else w for s, w in enumerate(places.weights)]
    for rest in (0, 1):
        for dead in (False, True):
            who = stream.shuffled([i for i, row in enumerate(rows) if row == (rest, dead)])
            k = (len(who) * (140 + 200 * dead + places.mix * rest) + 500) // 1000
            for place, i in enumerate(who):
                sites[i] = stream.weighted(high if place < k else low)
    return sites
