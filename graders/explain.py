"""`grade --explain`: one line per truth item and per false finding."""

from collections.abc import Iterator, Mapping

from graders.checkpoints import why_missed
from graders.judge import FIGURES, Judged, Score, expected_figure, score_findings
from tasks import RunRecord, Truth, TruthItem


def explain(truth: Truth, record: RunRecord, weights: Mapping[str, int]) -> list[str]:
    """Lines in a fixed order: items by (subject, type), false findings, the cohort verdict. Raises Invalid.

    found | missed (never retrieved, or retrieved but not flagged) | wrong type | false
    """
    score = score_findings(truth, record, weights)
    wrong = [one for one in score.judged if not one.right]
    missed_subjects = {item.subject for item in truth.items if score.finding_of(item) is None}
    return [
        *(_item(item, score, wrong, record) for item in truth.items),
        *(_false(one, truth) for one in wrong if one.claim.subject not in missed_subjects),
        *_cohort(truth, score),
    ]


def _item(item: TruthItem, score: Score, wrong: list[Judged], record: RunRecord) -> str:
    what = f"{item.subject} {item.type} ({item.kind}), weight {item.weight}"
    found = score.finding_of(item)
    if found is not None:
        evidence = "evidence complete" if found.complete else "evidence incomplete"
        return f"found       {what}: confidence {found.confidence:g}, {evidence}, pays {found.payoff:+.3f}"
    others = [one for one in wrong if one.claim.subject == item.subject]
    if others:
        flagged = ", ".join(f"{one.claim.type} (confidence {one.confidence:g})" for one in others)
        return f"wrong type  {what}: flagged as {flagged}, pays {sum(one.payoff for one in others):+.3f}"
    return f"missed      {what}: {why_missed(item, record)}"


def _false(one: Judged, truth: Truth) -> str:
    families = [t.family for t in truth.traps if (t.subject, t.type) == (one.claim.subject, one.claim.type)]
    if families:
        reason = f"a valid look-alike ({families[0]})"
    elif one.claim.subject in truth.persons.values():
        reason = "the protocol allows it"
    else:
        reason = "nobody of this world"
    return f"false       {one.claim.subject} {one.claim.type}: {reason}, pays {one.payoff:+.3f}"


def _cohort(truth: Truth, score: Score) -> Iterator[str]:
    if truth.cohort is None:
        return
    what = f"cohort verdict {truth.cohort.verdict}, weight {truth.cohort.weight}"
    answer = score.cohort
    if answer is None:
        yield f"missed      {what}: not reported"
        return
    off = [
        f"{n} {answer.figures[n]:g} for {expected_figure(truth.cohort, n):g}" for n in FIGURES if not answer.within(n)
    ]
    figures = f"figures off: {', '.join(off)}" if off else "figures right"
    if answer.right:
        yield f"found       {what}: confidence {answer.confidence:g}, {figures}, pays {answer.payoff:+.3f}"
    else:
        yield f"false       {what}: reported as {answer.verdict}, {figures}, pays {answer.payoff:+.3f}"
