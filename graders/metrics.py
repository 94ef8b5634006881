"""Figures beside the score: what was found, how sure the agent was, what it confused, what it used."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from graders.judge import Judged, Score
from tasks import ActionTaken, FhirCall, RunRecord, Truth

_BINS = 10


def finding_metrics(
    truth: Truth, score: Score, types: Iterable[str], categories: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Shares in 0..1, None where nothing is counted. The cohort verdict is not in these: see the checkpoints.

    categories: of data quality, by finding type; those of `types` are reported."""
    right = [one for one in score.judged if one.right]
    names = sorted(types)
    return {
        **_rates(len(right), len(score.judged), len(truth.items)),
        "found": len(right),
        "false": len(score.judged) - len(right),
        "items": len(truth.items),
        "by_type": {name: _of_type(name, truth, score) for name in names},
        "by_kind": _by_kind(truth, score),
        "by_category": _by_category(truth, score, {name: (categories or {}).get(name) for name in names}),
        "subjects": _subject_level(truth, score),
        "confusion": _confusion(truth, score, names),
        "calibration": calibration(score.judged),
        "brier": _mean([(one.confidence - one.right) ** 2 for one in score.judged]),
        "evidence_share": _mean([float(one.complete) for one in right]),
        "corrective_actions_right": _mean([float(_acted_rightly(one)) for one in right]),
        "traps": traps_by_family(truth, score),
    }


def usage_metrics(record: RunRecord) -> dict[str, Any]:
    """What the run used; refused and malformed actions count as actions."""
    calls = [event for event in record.events if isinstance(event, FhirCall)]
    actions = Counter(event.outcome for event in record.events if isinstance(event, ActionTaken))
    return {
        "fhir_requests": record.fhir_requests,
        "fhir_errors": sum(call.status >= 400 for call in calls),
        "bytes": record.bytes_read,
        "retrieved": len(record.retrieved),
        "actions": record.actions_taken,
        "actions_refused": actions["refused"],
        "actions_malformed": actions["malformed"],
    }


def traps_by_family(truth: Truth, score: Score) -> dict[str, dict[str, int]]:
    """family -> of: traps in the world, flagged: how many of them were taken for errors."""
    claimed = {(one.claim.subject, one.claim.type) for one in score.judged}
    families: dict[str, dict[str, int]] = {}
    for trap in sorted(truth.traps, key=lambda t: (t.family, t.subject, t.type)):
        row = families.setdefault(trap.family, {"flagged": 0, "of": 0})
        row["of"] += 1
        row["flagged"] += (truth.persons.get(trap.subject, trap.subject), trap.type) in claimed
    return families


def calibration(judged: Collection[Judged]) -> list[dict[str, Any]]:
    """Ten bins of confidence (the last one closed): number, mean confidence, share that is right."""
    bins: list[list[Judged]] = [[] for _ in range(_BINS)]
    for one in judged:
        bins[min(_BINS - 1, int(round(one.confidence * _BINS, 9)))].append(one)
    return [
        {
            "from": number / _BINS,
            "to": (number + 1) / _BINS,
            "n": len(members),
            "confidence": _mean([one.confidence for one in members]),
            "right": _mean([float(one.right) for one in members]),
        }
        for number, members in enumerate(bins)
    ]


def _rates(right: int, claimed: int, expected: int) -> dict[str, float | None]:
    return {
        "precision": _share(right, claimed),
        "recall": _share(right, expected),
        "f1": _share(2 * right, claimed + expected),
    }


def _of_type(name: str, truth: Truth, score: Score) -> dict[str, Any]:
    claimed = [one for one in score.judged if one.claim.type == name]
    expected = sum(item.type == name for item in truth.items)
    right = sum(one.right for one in claimed)
    return _rates(right, len(claimed), expected) | {"found": right, "false": len(claimed) - right, "items": expected}


def _by_kind(truth: Truth, score: Score) -> dict[str, dict[str, Any]]:
    """type.kind -> recall; a claim names no kind, so there is no precision."""
    expected = Counter(f"{item.type}.{item.kind}" for item in truth.items)
    found = Counter(f"{one.item.type}.{one.item.kind}" for one in score.judged if one.item)
    return {
        kind: {"found": found[kind], "items": number, "recall": _share(found[kind], number)}
        for kind, number in sorted(expected.items())
    }


def _by_category(truth: Truth, score: Score, categories: Mapping[str, str | None]) -> dict[str, dict[str, Any]]:
    """Category of data quality (Kahn 2016) -> recall over the types in it; types without a category are left out."""
    expected = Counter(categories[item.type] for item in truth.items)
    found = Counter(categories[one.item.type] for one in score.judged if one.item)
    return {
        category: {"found": found[category], "items": expected[category]}
        | {"recall": _share(found[category], expected[category])}
        for category in sorted({name for name in categories.values() if name is not None})
    }


def _subject_level(truth: Truth, score: Score) -> dict[str, Any]:
    """The same shares if only the person had to be right, whatever the type."""
    expected = {item.subject for item in truth.items}
    claimed = {one.claim.subject for one in score.judged}
    return _rates(len(expected & claimed), len(claimed), len(expected))


def _confusion(truth: Truth, score: Score, types: Sequence[str]) -> dict[str, dict[str, int]]:
    """claimed -> true -> number. A wrong claim stands beside each unclaimed type of its subject, or under `none`;
    the row `none` holds what nobody claimed."""
    claims = {(one.claim.subject, one.claim.type) for one in score.judged}
    unclaimed = [item for item in truth.items if (item.subject, item.type) not in claims]
    table = {claimed: dict.fromkeys([*types, "none"], 0) for claimed in [*types, "none"]}
    for one in score.judged:
        others = [] if one.right else [item.type for item in unclaimed if item.subject == one.claim.subject]
        for true in [one.claim.type] if one.right else others or ["none"]:
            table[one.claim.type][true] += 1
    wrong_subjects = {one.claim.subject for one in score.judged if not one.right}
    for item in unclaimed:
        table["none"][item.type] += item.subject not in wrong_subjects
    return table


def _acted_rightly(one: Judged) -> bool:
    return one.item is not None and one.claim.finding.corrective_action == one.item.corrective_action


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
