"""A score in words for a person, and as one JSON object for a script."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ehr_sandbox.review.agreement import Kappa, Share
from ehr_sandbox.review.score import Judged, PairScore, ReviewerScore


def score_lines(scores: Sequence[ReviewerScore], pairs: Sequence[PairScore], seal: str) -> Iterator[str]:
    for score in scores:
        yield from _lines(score)
    for pair in pairs:
        kappa = _kappa(pair.kappa, pair.agreement)
        yield f"{pair.first} and {pair.second}: agreement {_words(pair.agreement)}, kappa {kappa}"
    yield f"seal of the key {seal}"


def score_record(scores: Sequence[ReviewerScore], pairs: Sequence[PairScore], seal: str) -> dict[str, Any]:
    return {"seal": seal, "reviewers": [*map(_told, scores)], "pairs": [*map(_told_pair, pairs)]}


def _lines(score: ReviewerScore) -> Iterator[str]:
    yield f"{score.reviewer}: {score.charts} charts, {score.unsure} unsure"
    yield f"  agreement with the truth {_words(score.agreement)}"
    yield f"  Cohen's kappa            {_kappa(score.kappa, score.agreement)}"
    for title, shares in (("claims", score.by_label), ("finding", score.by_finding), ("ICH E6", score.by_deviation)):
        for name, share in shares.items():
            yield f"  {title:<8} {name:<28} {_words(share)}"
    for one in (*score.disagreements, *score.undecided):
        yield f"  {_line(one)}"


def _line(one: Judged) -> str:
    row = one.row
    truth = f"an error ({row.what})" if one.is_error else f"none ({row.label}: {row.what})"
    parts = [f"{row.chart} {one.answer.answer:<8} {row.finding} of {row.subject} in {row.task}: the truth says {truth}"]
    parts += [f"evidence {' '.join(row.evidence)}"] if row.evidence else []
    parts += [f"comment: {one.answer.comment}"] if one.answer.comment else []
    return "; ".join(parts)


def _words(share: Share) -> str:
    if share.value is None or share.interval is None:
        return "-"
    return f"{share.k} of {share.n} = {share.value:.2f} ({share.interval[0]:.2f} to {share.interval[1]:.2f})"


def _kappa(kappa: Kappa, decided: Share) -> str:
    if not decided.n:
        return "undefined (no decided rows)"
    if kappa.value is None or kappa.interval is None:
        return "undefined (always the same answer)"
    return f"{kappa.value:.2f} ({kappa.interval[0]:.2f} to {kappa.interval[1]:.2f})"


def _told(score: ReviewerScore) -> dict[str, Any]:
    return {
        "reviewer": score.reviewer,
        "charts": score.charts,
        "unsure": score.unsure,
        "agreement": _told_share(score.agreement),
        "kappa": _told_kappa(score.kappa),
        "by_label": _told_shares(score.by_label),
        "by_finding": _told_shares(score.by_finding),
        "by_deviation": _told_shares(score.by_deviation),
        "disagreements": [*map(_told_row, score.disagreements)],
        "undecided": [*map(_told_row, score.undecided)],
    }


def _told_pair(pair: PairScore) -> dict[str, Any]:
    return {
        "reviewers": [pair.first, pair.second],
        "agreement": _told_share(pair.agreement),
        "kappa": _told_kappa(pair.kappa),
    }


def _told_shares(shares: Mapping[str, Share]) -> dict[str, Any]:
    return {name: _told_share(share) for name, share in shares.items()}


def _told_share(share: Share) -> dict[str, Any]:
    return {"right": share.k, "of": share.n, "share": share.value, "interval": share.interval}


def _told_kappa(kappa: Kappa) -> dict[str, Any]:
    return {"value": kappa.value, "interval": kappa.interval}


def _told_row(one: Judged) -> dict[str, Any]:
    return {**one.row.model_dump(), "answer": one.answer.answer, "comment": one.answer.comment}
