"""Right or wrong: each live claim, and the cohort verdict of the report, against the truth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fhir_r4 import Invalid
from graders.resolve import Claim, live_claims
from graders.score import Bet, net, payoff
from tasks import CohortTruth, RunRecord, Truth, TruthItem

FIGURES = ("dominance", "male", "crude_gap", "adjusted_gap")
TOLERANCE = 0.02
"""A figure this near the truth is right."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim with the item that it found; None: it is wrong. weight: that of the type claimed."""

    claim: Claim
    item: TruthItem | None
    complete: bool
    weight: int

    @property
    def right(self) -> bool:
        return self.item is not None

    @property
    def confidence(self) -> float:
        return self.claim.finding.confidence

    @property
    def bet(self) -> Bet:
        return Bet(self.weight, self.confidence, self.right, self.complete)

    @property
    def payoff(self) -> float:
        return payoff(self.bet)


@dataclass(frozen=True, slots=True)
class CohortJudged:
    """The report's verdict as a claim. figures: by name, as reported."""

    truth: CohortTruth
    verdict: str
    confidence: float
    figures: Mapping[str, float]

    @property
    def right(self) -> bool:
        return self.verdict == self.truth.verdict

    @property
    def complete(self) -> bool:
        return all(self.within(name) for name in FIGURES)

    @property
    def bet(self) -> Bet:
        return Bet(self.truth.weight, self.confidence, self.right, self.complete)

    @property
    def payoff(self) -> float:
        return payoff(self.bet)

    def within(self, name: str) -> bool:
        difference = abs(self.figures[name] - expected_figure(self.truth, name))
        return round(difference, 9) <= TOLERANCE


@dataclass(frozen=True, slots=True)
class Score:
    """judged is sorted by (subject, type). total: weight of all there is to find, the cohort verdict included."""

    judged: tuple[Judged, ...]
    cohort: CohortJudged | None
    total: int

    @property
    def net(self) -> float:
        """May be negative."""
        return net(self.bets, self.total)

    @property
    def bets(self) -> tuple[Bet, ...]:
        return (*(one.bet for one in self.judged), *((self.cohort.bet,) if self.cohort else ()))

    def finding_of(self, item: TruthItem) -> Judged | None:
        """The right claim that found the item."""
        return next((one for one in self.judged if one.item == item), None)


def score_findings(truth: Truth, record: RunRecord, weights: Mapping[str, int]) -> Score:
    """weights: by finding type. Raises Invalid for a type without a weight and for a truth with nothing in it."""
    total = sum(item.weight for item in truth.items) + (truth.cohort.weight if truth.cohort else 0)
    if total <= 0:
        raise Invalid("the truth of this task is empty: there is nothing to score; build the world anew")
    claims = live_claims(record, truth.persons)
    return Score(_judge(claims, truth, weights), _judge_cohort(truth, record), total)


def expected_figure(truth: CohortTruth, name: str) -> float:
    return float(getattr(truth, name))


def _judge(claims: Iterable[Claim], truth: Truth, weights: Mapping[str, int]) -> tuple[Judged, ...]:
    items = {(item.subject, item.type): item for item in truth.items}
    judged = []
    for claim in claims:
        if claim.type not in weights:
            raise Invalid(
                f"finding type {claim.type!r} is not one of {sorted(weights)}: the record is of another suite"
            )
        item = items.get((claim.subject, claim.type))
        judged.append(Judged(claim, item, _covers(claim, item), weights[claim.type]))
    return tuple(judged)


def _covers(claim: Claim, item: TruthItem | None) -> bool:
    given = set(claim.finding.evidence)
    return item is not None and any(given.issuperset(minimal) for minimal in item.evidence)


def _judge_cohort(truth: Truth, record: RunRecord) -> CohortJudged | None:
    answer = (record.report or {}).get("cohort")
    if truth.cohort is None or answer is None:
        return None
    figures = {name: float(answer[name]) for name in FIGURES}
    return CohortJudged(truth.cohort, answer["verdict"], float(answer["confidence"]), figures)
