"""Filled sheets against the key: how far reviewers agree with the truth and with each other, and where they do not."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ehr_sandbox.review.agreement import Kappa, Share, cohen_kappa
from ehr_sandbox.review.key import Key, KeyRow
from ehr_sandbox.review.sheet import Answer
from fhir_r4 import Invalid


@dataclass(frozen=True)
class Judged:
    """One row with one reviewer's answer."""

    row: KeyRow
    answer: Answer

    @property
    def is_decided(self) -> bool:
        return self.answer.answer != "unsure"

    @property
    def says_error(self) -> bool:
        return self.answer.answer == "agree"

    @property
    def is_error(self) -> bool:
        return self.row.label == "true"

    @property
    def is_right(self) -> bool:
        return self.is_decided and self.says_error == self.is_error


@dataclass(frozen=True)
class ReviewerScore:
    """Shares and kappa are over the decided rows; unsure ones are counted beside."""

    reviewer: str
    charts: int
    unsure: int
    agreement: Share
    kappa: Kappa
    by_label: Mapping[str, Share]
    by_finding: Mapping[str, Share]
    by_deviation: Mapping[str, Share]
    disagreements: tuple[Judged, ...]
    undecided: tuple[Judged, ...]


@dataclass(frozen=True)
class PairScore:
    """Two reviewers, over the rows that both decided."""

    first: str
    second: str
    agreement: Share
    kappa: Kappa


def score_sheet(reviewer: str, answers: Sequence[Answer], key: Key) -> ReviewerScore:
    """answers: in the key's order. Raises Invalid if a row is about something else than the key's."""
    judged = [_judged(reviewer, row, answer) for row, answer in zip(key.rows, answers, strict=True)]
    decided = [one for one in judged if one.is_decided]
    return ReviewerScore(
        reviewer=reviewer,
        charts=len(judged),
        unsure=len(judged) - len(decided),
        agreement=_share(decided),
        kappa=cohen_kappa([(one.says_error, one.is_error) for one in decided]),
        by_label=_by(decided, lambda row: row.label),
        by_finding=_by(decided, lambda row: row.finding),
        by_deviation=_by(decided, lambda row: row.deviation),
        disagreements=tuple(one for one in decided if not one.is_right),
        undecided=tuple(one for one in judged if not one.is_decided),
    )


def score_pairs(reviews: Mapping[str, Sequence[Answer]]) -> list[PairScore]:
    """Every two reviewers, in the order given."""
    out = []
    for (first, ones), (second, others) in combinations(reviews.items(), 2):
        both = [
            (a.answer == "agree", b.answer == "agree")
            for a, b in zip(ones, others, strict=True)
            if "unsure" not in (a.answer, b.answer)
        ]
        out.append(PairScore(first, second, Share(sum(a == b for a, b in both), len(both)), cohen_kappa(both)))
    return out


def _judged(reviewer: str, row: KeyRow, answer: Answer) -> Judged:
    if (answer.subject, answer.finding) != (row.subject, row.finding):
        raise Invalid(
            f"{reviewer}: chart {row.chart} is about {answer.finding} of {answer.subject}, in the key about"
            f" {row.finding} of {row.subject}: is this the sheet of another review?"
        )
    return Judged(row, answer)


def _share(judged: Iterable[Judged]) -> Share:
    rows = list(judged)
    return Share(sum(one.is_right for one in rows), len(rows))


def _by(judged: Sequence[Judged], of: Callable[[KeyRow], str]) -> dict[str, Share]:
    names = sorted({of(one.row) for one in judged})
    return {name: _share(one for one in judged if of(one.row) == name) for name in names}
