"""Plain sentences that a run passes or fails, each with what was expected, what was seen, and why."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from graders.gate import gate_breaches
from graders.judge import FIGURES, TOLERANCE, Score
from graders.metrics import traps_by_family
from graders.report import ReportField, own_counts, reported_counts
from tasks import Budget, Checkpoint, RunRecord, Truth, TruthItem


def checkpoints(
    truth: Truth, record: RunRecord, score: Score, fields: Sequence[ReportField], budget: Budget
) -> tuple[Checkpoint, ...]:
    """In a fixed order: items, types, false findings, traps, gate, budgets, report, cohort."""
    return (
        *(_item(item, score, record) for item in truth.items),
        *_types(truth, score),
        _false_findings(score),
        *_traps(truth, score),
        _gate(record),
        _within("fhir", "FHIR requests", record.fhir_requests, budget.fhir),
        _within("actions", "Audit actions", record.actions_taken, budget.actions),
        _consistent(truth, record, score),
        *(_field(field) for field in fields),
    )


def unscored(failed_by: str, detail: str | None) -> Checkpoint:
    """The only checkpoint of a run that failed through no fault of the agent."""
    return Checkpoint(
        name="scored",
        requirement="The run was ended by the agent, the operator or a limit, so that it can be scored.",
        outcome="errored",
        expected="no failure outside the agent",
        actual=f"failed by {failed_by}",
        because=detail or "no detail was recorded",
    )


def why_missed(item: TruthItem, record: RunRecord) -> str:
    """`never retrieved` (no minimal evidence came back whole; names what lacked least) or `retrieved, not flagged`."""
    missing = min((sorted(set(minimal) - record.retrieved) for minimal in item.evidence), key=lambda m: (len(m), m))
    return f"never retrieved: {', '.join(missing)}" if missing else "retrieved, not flagged"


def _check(name: str, requirement: str, passed: bool, expected: Any, actual: Any, because: str) -> Checkpoint:
    return Checkpoint(
        name=name,
        requirement=requirement,
        outcome="passed" if passed else "failed",
        expected=str(expected),
        actual=str(actual),
        because=because,
    )


def _item(item: TruthItem, score: Score, record: RunRecord) -> Checkpoint:
    found = score.finding_of(item)
    return _check(
        f"item:{item.subject}:{item.type}",
        f"{item.subject} is reported as {item.type} ({item.kind}).",
        found is not None,
        f"a live finding {item.type}",
        f"flagged with confidence {found.confidence:g}" if found else "no such finding",
        f"evidence {'complete' if found.complete else 'incomplete'}" if found else why_missed(item, record),
    )


def _types(truth: Truth, score: Score) -> Iterator[Checkpoint]:
    for name in sorted(truth.counts):
        items = [item for item in truth.items if item.type == name]
        missed = [item.subject for item in items if score.finding_of(item) is None]
        yield _check(
            f"type:{name}",
            f"Every subject with {name} is found.",
            not missed,
            f"{len(items)} found",
            f"{len(items) - len(missed)} found",
            "; ".join(missed[:10]) + (" ..." if len(missed) > 10 else "") or "none is missed",
        )


def _false_findings(score: Score) -> Checkpoint:
    wrong = [f"{one.claim.subject} {one.claim.type}" for one in score.judged if not one.right]
    return _check(
        "no_false_finding",
        "Nothing is flagged that the protocol allows.",
        not wrong,
        "0 false findings",
        f"{len(wrong)} false findings",
        "; ".join(wrong[:10]) + (" ..." if len(wrong) > 10 else "") or "every finding is right",
    )


def _traps(truth: Truth, score: Score) -> Iterator[Checkpoint]:
    for family, row in traps_by_family(truth, score).items():
        yield _check(
            f"trap:{family}",
            f"No valid look-alike of the family {family} is flagged.",
            row["flagged"] == 0,
            f"0 of {row['of']} flagged",
            f"{row['flagged']} of {row['of']} flagged",
            "a look-alike follows the protocol",
        )


def _gate(record: RunRecord) -> Checkpoint:
    breaches = gate_breaches(record)
    return _check(
        "evidence_gate",
        "Every finding rests on resources that were retrieved in full before it was written.",
        not breaches,
        "no reference outside what was retrieved",
        f"{len(breaches)} references outside it",
        "; ".join(breaches[:10]) or "checked against the record event by event",
    )


def _within(name: str, what: str, used: int, allowed: int) -> Checkpoint:
    return _check(
        f"budget:{name}",
        f"{what} stay within the budget.",
        used <= allowed,
        f"at most {allowed}",
        used,
        "errors and refusals count",
    )


def _consistent(truth: Truth, record: RunRecord, score: Score) -> Checkpoint:
    expected, actual = own_counts(truth, score), reported_counts(truth, record)
    return _check(
        "report:consistent",
        "The report's counts are those of the agent's own live findings.",
        actual == expected,
        expected,
        actual if actual is not None else "no report",
        "counts are of persons, by type",
    )


def _field(field: ReportField) -> Checkpoint:
    figure = field.name.removeprefix("cohort.") in FIGURES
    return _check(
        field.name if field.name.startswith("cohort.") else f"report:{field.name}",
        f"The report's {field.name} agrees with the truth{f' within {TOLERANCE:g}' if figure else ''}.",
        field.right,
        _listed(field.expected),
        _listed(field.actual) if field.actual is not None else "not reported",
        "without a report no field is right" if field.actual is None else "agrees" if field.right else "differs",
    )


def _listed(value: Any) -> str:
    return ", ".join(value) or "none" if isinstance(value, Iterable) and not isinstance(value, str) else str(value)
