"""The closing report: which of its fields agree with the truth, and whether it agrees with the agent's own findings."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fhir_r4 import parse_reference
from graders.judge import FIGURES, Score, expected_figure
from tasks import RunRecord, Truth


@dataclass(frozen=True, slots=True)
class ReportField:
    """One graded field. actual: None if there is no report."""

    name: str
    expected: Any
    actual: Any
    right: bool


def report_fields(truth: Truth, record: RunRecord, score: Score, *, sites: bool) -> tuple[ReportField, ...]:
    """The counts, the set of sites if the suite asks for it, and the verdict and figures if the truth has them."""
    fields = [_count(type_, expected, record.report) for type_, expected in sorted(truth.counts.items())]
    if sites:
        fields.append(_sites(truth, record))
    if truth.cohort is not None:
        answer = score.cohort
        right = answer is not None and answer.right
        fields.append(ReportField("cohort.verdict", truth.cohort.verdict, answer and answer.verdict, right))
        for name in FIGURES:
            actual = answer and answer.figures[name]
            right = answer is not None and answer.within(name)
            fields.append(ReportField(f"cohort.{name}", expected_figure(truth.cohort, name), actual, right))
    return tuple(fields)


def report_share(fields: Iterable[ReportField]) -> float:
    """Share of fields that are right, equal weights; 0 without a report."""
    marks = [field.right for field in fields]
    return sum(marks) / len(marks)


def reported_sites(record: RunRecord) -> tuple[str, ...]:
    """As a sorted set of `Type/id`; a text that is no reference stands as it is."""
    texts = (record.report or {}).get("sites_to_escalate", ())
    parsed = ((text, parse_reference(text, record.header.fhir_base)) for text in texts)
    return tuple(sorted({str(reference) if reference else text for text, reference in parsed}))


def own_counts(truth: Truth, score: Score) -> dict[str, int]:
    """Live findings by type, every type of the truth a key: what a consistent report says."""
    counts = Counter(one.claim.type for one in score.judged)
    return {type_: counts[type_] for type_ in sorted(truth.counts)}


def reported_counts(truth: Truth, record: RunRecord) -> dict[str, Any] | None:
    if record.report is None:
        return None
    return {type_: record.report["counts"].get(type_) for type_ in sorted(truth.counts)}


def _count(type_: str, expected: int, report: Mapping[str, Any] | None) -> ReportField:
    actual = None if report is None else report["counts"].get(type_)
    return ReportField(f"counts.{type_}", expected, actual, actual == expected)


def _sites(truth: Truth, record: RunRecord) -> ReportField:
    expected = sorted(truth.escalate)
    actual = None if record.report is None else list(reported_sites(record))
    return ReportField("sites_to_escalate", expected, actual, actual == expected)
