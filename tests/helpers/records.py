"""Run records and truths written out by hand: a record is a list of events, numbered as they come."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from tasks import (
    ActionTaken,
    CohortTruth,
    End,
    FhirCall,
    Finding,
    Header,
    RunRecord,
    Submitted,
    Trap,
    Truth,
    TruthItem,
)
from tasks.trial_audit import CORRECTIVE_ACTIONS, FINDING_TYPES, TYPE_WEIGHTS, VARIANTS

DIGEST = "d" * 64
AGE, TEMPORAL, WINDOW = FINDING_TYPES
COHORT = CohortTruth(
    verdict="confounded", weight=5, dominance=0.747222, male=0.588889, crude_gap=0.195, adjusted_gap=0.074
)
GOOD_COHORT = {
    "verdict": "confounded",
    "confidence": 1.0,
    "dominance": 0.747,
    "male": 0.589,
    "crude_gap": 0.195,
    "adjusted_gap": 0.074,
}
_KINDS = dict(reversed(CORRECTIVE_ACTIONS))
"""The first kind of each type."""


def item(subject: str, type_: str = AGE, *evidence: tuple[str, ...], kind: str | None = None) -> TruthItem:
    """Minimal evidence unless given: the ResearchSubject itself."""
    return TruthItem(
        subject=subject,
        type=type_,
        kind=kind or _KINDS[type_],
        weight=TYPE_WEIGHTS[type_],
        evidence=evidence or ((subject,),),
        corrective_action=CORRECTIVE_ACTIONS[type_, kind or _KINDS[type_]],
    )


def truth(
    *items: TruthItem,
    traps: Iterable[Trap] = (),
    persons: Mapping[str, str] | None = None,
    escalate: tuple[str, ...] = (),
    cohort: CohortTruth | None = None,
    types: Iterable[str] = FINDING_TYPES,
) -> Truth:
    """persons unless given: each item's subject, its Patient of the same id, and a duplicate of it."""
    named: dict[str, str] = {}
    for one in items:
        id_ = one.subject.partition("/")[2]
        named |= dict.fromkeys((one.subject, f"Patient/{id_}", f"Patient/{id_}-copy"), one.subject)
    return Truth(
        items=tuple(sorted(items, key=lambda i: (i.subject, i.type))),
        traps=tuple(traps),
        persons=named | dict(persons or {}),
        counts={type_: sum(i.type == type_ for i in items) for type_ in types},
        escalate=escalate,
        cohort=cohort,
    )


def finding(
    subject: str,
    type_: str = AGE,
    confidence: float = 1.0,
    *,
    id_: str = "",
    evidence: Iterable[str] | None = None,
    action: str | None = "exclude_subject",
    version: int = 1,
    retracted: bool = False,
) -> Finding:
    """A ledger version; its id is made of subject and type, its evidence is the subject, unless given."""
    return Finding(
        finding_id=id_ or f"{subject}:{type_}",
        subject=subject,
        type=type_,
        evidence=(subject,) if evidence is None else tuple(evidence),
        confidence=confidence,
        corrective_action=action,
        rationale="because",
        version=version,
        retracted=retracted,
    )


def read(*references: str, cost: int = 1, size: int = 100, status: int = 200) -> FhirCall:
    """A FHIR call that returned these whole."""
    return FhirCall(
        seq=0,
        method="GET",
        path="Patient",
        query="",
        status=status,
        bytes=size,
        cost=cost,
        left=0,
        full=tuple(f"{reference}/_history/1" for reference in references),
    )


def act(version: Finding) -> ActionTaken:
    return ActionTaken(seq=0, outcome="accepted", action={}, finding=version, left=0)


def refused(outcome: Literal["refused", "malformed"] = "refused") -> ActionTaken:
    return ActionTaken(seq=0, outcome=outcome, action={}, problem="no", left=0)


def report(
    counts: Iterable[int] = (0, 0, 0), sites: Iterable[str] = (), cohort: Mapping[str, Any] | None = None
) -> Submitted:
    """counts in the order of FINDING_TYPES."""
    body = {
        "counts": dict(zip(FINDING_TYPES, counts, strict=True)),
        "sites_to_escalate": list(sites),
        "narrative": "done",
        "cohort": dict(cohort) if cohort else None,
    }
    return Submitted(seq=0, report=body)


def right_report(expected: Truth) -> Submitted:
    """What a perfect reader submits."""
    cohort = GOOD_COHORT if expected.cohort else None
    return report([expected.counts[t] for t in FINDING_TYPES], expected.escalate, cohort)


def header(variant: str = "tiny", **changes: Any) -> Header:
    budget = VARIANTS[variant].budget
    base = {
        "episode": "e1",
        "task": f"trial_audit/{variant}/7",
        "world_version": "1",
        "world_digest": DIGEST,
        "salt": "public",
        "backend": "embedded",
        "agent": "tester",
        "now": "2025-01-01T00:00:00Z",
        "fhir_base": "http://127.0.0.1:1/episodes/e1/fhir",
        "fhir_budget": budget.fhir,
        "action_budget": budget.actions,
        "par": budget.par,
    }
    return Header(**(base | changes))


def record(
    *events: FhirCall | ActionTaken | Submitted, variant: str = "tiny", ended: bool = True, **end: Any
) -> RunRecord:
    """Numbers the events and seals the record as the API does; ended=False: it was cut off."""
    numbered = tuple(event.model_copy(update={"seq": seq}) for seq, event in enumerate(events, 1))
    open_ = RunRecord(header=header(variant), events=numbered, end=None)
    if not ended:
        return open_
    base = {
        "seq": len(events) + 1,
        "cause": "submitted" if open_.report else "closed",
        "findings": open_.findings,
        "report": open_.report,
        "changes": {},
    }
    return open_.model_copy(update={"end": End(**(base | end))})


def record_of(*findings: Finding, **options: Any) -> RunRecord:
    """A record that read everything its findings use, wrote them in this order, and did not submit."""
    used = dict.fromkeys(ref for one in findings for ref in (one.subject, *one.evidence))
    return record(read(*used), *map(act, findings), **options)
