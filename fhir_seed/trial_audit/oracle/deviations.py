"""Section 3 of the protocol, one function per finding type: what deviates, and what shows it completely."""

from collections.abc import Iterable, Iterator
from datetime import date

from fhir_r4 import Invalid
from fhir_seed.trial_audit.oracle.chart import Subject
from fhir_seed.trial_audit.oracle.days import completions, whole_years
from tasks import TruthItem
from tasks.trial_audit import CORRECTIVE_ACTIONS, IMPOSSIBLE_AGE, WEIGHTS, Protocol

_STAGE_IV = 4


def deviations(subject: Subject, protocol: Protocol) -> Iterator[TruthItem]:
    """At most one item of each type (clause 3.6). Raises Invalid where the clauses give no verdict."""
    for item in (_age(subject, protocol), _temporal(subject), _window(subject, protocol)):
        if item is not None:
            yield item


def _item(subject: Subject, type_: str, kind: str, evidence: Iterable[Iterable[str]]) -> TruthItem:
    return TruthItem(
        subject=subject.reference,
        type=type_,
        kind=kind,
        weight=WEIGHTS[type_],
        evidence=tuple(sorted({tuple(sorted(one)) for one in evidence})),
        corrective_action=CORRECTIVE_ACTIONS[type_, kind],
    )


def _age(subject: Subject, protocol: Protocol) -> TruthItem | None:
    kind = _age_kind(subject, protocol)
    if kind is None:
        return None
    shown_by = [subject.patient, subject.reference] if kind == "out_of_range" else [subject.patient]
    return _item(subject, "invalid_age", kind, [shown_by])


def _age_kind(subject: Subject, protocol: Protocol) -> str | None:
    """Clauses 3.1 and 3.2 for both ends of a partial birth date; what lies between has the verdict of the ends."""
    if subject.birth_date is None:
        return "missing"
    first, last = completions(subject.birth_date)
    kind = _kind_of_birth(first, subject.enrolled, protocol)
    if kind != _kind_of_birth(last, subject.enrolled, protocol):
        raise Invalid(f"{subject.patient} has birth date {subject.birth_date}, whose completions differ in verdict")
    return kind


def _kind_of_birth(birth: date, enrolled: date, protocol: Protocol) -> str | None:
    age = whole_years(birth, enrolled)
    if birth > enrolled or age > IMPOSSIBLE_AGE:
        return "impossible"
    return None if protocol.age_min <= age <= protocol.age_max else "out_of_range"


def _temporal(subject: Subject) -> TruthItem | None:
    death, start = subject.death, subject.start
    if death is None or start is None or death.day >= start.day:
        return None
    pairs = [(source, row) for source in death.sources for row in start.sources]
    return _item(subject, "temporal_inconsistency", "death_before_treatment", pairs)


def _window(subject: Subject, protocol: Protocol) -> TruthItem | None:
    """Clauses 3.4 and 3.5. The stage is evidence only where the delay would be lawful for another stage."""
    if subject.start is None:
        return None
    delay = (subject.start.day - subject.enrolled).days
    stage_iv = subject.stage is not None and subject.stage.value == _STAGE_IV
    overridden = _overrides(subject, protocol)
    allowed = protocol.stage_iv_window if stage_iv and not overridden else protocol.window
    if delay <= allowed:
        return None
    base = [subject.reference]
    kind = "window"
    if delay <= protocol.stage_iv_window:
        base += [subject.stage.source] if subject.stage else []
        if stage_iv and subject.index:
            kind = "override"
            base.append(subject.index.source)
    return _item(subject, "protocol_window_violation", kind, [[*base, row] for row in subject.start.sources])


def _overrides(subject: Subject, protocol: Protocol) -> bool:
    threshold = protocol.comorbidity_threshold
    index = subject.index.value if subject.index else None
    return threshold is not None and index is not None and index > threshold
