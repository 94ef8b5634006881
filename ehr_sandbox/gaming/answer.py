"""What a cheat hands in, and what it earns, by the graders' own formulas (`graders.Bet`, `net`, `reward`).

Cheats are not played over HTTP: a thousand indices times twenty policies would take days and would find the same, for
a score depends on the claims and the report alone. To be on the safe side every cheat is given what an agent has to
earn: it has retrieved the whole chart within par, and each right claim of its cites a minimal evidence set. So a figure
here bounds from above what the policy would earn as an agent. What it is not given is a larger budget of actions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ehr_sandbox.probes import WorldView
from graders import Bet, net, reward
from tasks.trial_audit import TYPE_WEIGHTS

_FIGURES = 4
"""Of the cohort, in the report, where a verdict is asked."""


@dataclass(frozen=True, slots=True)
class Claim:
    """row: of the subject in the view."""

    row: int
    type: str
    confidence: float


@dataclass(frozen=True)
class Answer:
    """claims in the order of flagging; counts and sites as reported; verdict and its confidence, where asked; figures:
    how many of the cohort's four are reported right."""

    claims: tuple[Claim, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    sites: tuple[str, ...] = ()
    verdict: str = "none"
    confidence: float = 0.0
    figures: int = 0


@dataclass(frozen=True, slots=True)
class Earned:
    net: float
    reward: float


def earned(answer: Answer, view: WorldView, actions: int) -> Earned:
    """actions: claims beyond the budget are refused."""
    weight_of = {(item.row, item.type): item.weight for item in view.items}
    standing = {(claim.row, claim.type): claim for claim in answer.claims[:actions]}
    bets = [
        Bet(weight_of.get(key, TYPE_WEIGHTS[claim.type]), claim.confidence, key in weight_of, complete=True)
        for key, claim in standing.items()
    ]
    if view.verdict is not None:
        bets.append(Bet(view.cohort_weight, answer.confidence, answer.verdict == view.verdict))
    total = net(bets, view.total)
    return Earned(total, reward(total, report_share(answer, view), 1.0))


def report_share(answer: Answer, view: WorldView) -> float:
    """Share of the report's fields that are right."""
    marks = [answer.counts.get(name) == number for name, number in view.counts.items()]
    marks.append(tuple(sorted(set(answer.sites))) == view.escalate)
    if view.verdict is not None:
        marks += [answer.verdict == view.verdict, *(number < answer.figures for number in range(_FIGURES))]
    return sum(marks) / len(marks)
