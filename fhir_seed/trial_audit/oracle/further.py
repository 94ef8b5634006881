"""Section 8 of the protocol, one function per clause: what deviates, and every minimal set of rows that shows it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from itertools import combinations, product

from fhir_seed.trial_audit.oracle.persons import Resource
from fhir_seed.trial_audit.oracle.rows import (
    CREATININE,
    ECOG,
    HEMOGLOBIN,
    NEUTROPHILS,
    PLATELETS,
    WEIGHT,
    Dose,
    Order,
    Result,
    Rows,
)
from fhir_seed.trial_audit.terms import MEMBER_NUMBER
from tasks import TruthItem
from tasks.trial_audit import (
    CORRECTIVE_ACTIONS,
    DOSE_LEVELS,
    NEUTROPHILS_FLOOR,
    PLATELETS_FLOOR,
    TYPE_WEIGHTS,
    ExtendedRules,
)

Shown = Iterator[tuple[str, ...]]
"""Minimal sets of references."""
_STATED = re.compile(r"ECOG performance status (\d) today")


def further_deviations(people: Iterable[Rows], rules: ExtendedRules) -> Iterator[TruthItem]:
    everyone = list(people)
    for rows in everyone:
        for name, clause in _CLAUSES.items():
            yield from _items(rows.subject.reference, name, clause(rows, rules))
    for subject, shown in _twice(everyone).items():
        yield from _items(subject, "duplicate_subject", shown)


def _items(subject: str, type_: str, shown: Iterable[tuple[str, ...]]) -> Iterator[TruthItem]:
    """At most one (clause 3.6)."""
    evidence = sorted({tuple(sorted(one)) for one in shown})
    if not evidence:
        return
    kind, action = next((kind, action) for (name, kind), action in CORRECTIVE_ACTIONS.items() if name == type_)
    yield TruthItem(
        subject=subject,
        type=type_,
        kind=kind,
        weight=TYPE_WEIGHTS[type_],
        evidence=tuple(evidence),
        corrective_action=action,
    )


def _consent(rows: Rows, rules: ExtendedRules) -> Shown:
    """Clause 8.1."""
    first = min((c.day for c in rows.consents), default=None)
    if first is None:
        return
    for procedure in rows.procedures:
        if procedure.day < first:
            yield from ((c.reference, procedure.reference) for c in rows.consents if c.day == first)


def _eligibility(rows: Rows, rules: ExtendedRules) -> Shown:
    """Clause 8.2."""
    enrolled = rows.subject.enrolled
    before = [r for r in rows.of(HEMOGLOBIN) if r.day <= enrolled]
    if not before:
        yield (rows.subject.reference,)
    elif (enrolled - before[-1].day).days > rules.eligibility_days:
        yield rows.subject.reference, before[-1].reference


def _safety_results(rows: Rows, dose: Dose, code: str, rules: ExtendedRules) -> list[Result]:
    earliest = dose.day - timedelta(days=rules.lab_days)
    return [r for r in rows.of(code) if earliest <= r.day <= dose.day]


def _safety(rows: Rows, rules: ExtendedRules) -> Shown:
    """Clause 8.3."""
    for dose in rows.doses:
        if not all(_safety_results(rows, dose, code, rules) for code in (NEUTROPHILS, PLATELETS, CREATININE)):
            yield (dose.reference,)


def _dose(rows: Rows, rules: ExtendedRules) -> Shown:
    """Clause 8.4. One reason for each of as many lowerings as make the dose wrong shows it; which, does not matter."""
    lowerings: list[list[str]] = []
    for place, dose in enumerate(rows.doses):
        if reasons := list(_reasons(rows, rows.doses[place - 1], dose, rules)) if place else []:
            lowerings.append(reasons)
        level = min(len(lowerings), len(DOSE_LEVELS) - 1)
        too_high = (lower for lower in range(level + 1) if _off(dose, lower, rules) > 0)
        if _off(dose, level, rules):
            for chosen in combinations(lowerings, next(too_high, level)):
                yield from ((dose.reference, *reasons) for reasons in product(*chosen))


def _off(dose: Dose, level: int, rules: ExtendedRules) -> int:
    """1 if the dose is too high for the level, -1 if too low, 0 if it is within what is tolerated."""
    rule = Fraction(rules.dose * DOSE_LEVELS[level], 100)
    off = (dose.given - rule) * 100
    return 0 if abs(off) <= rules.dose_tolerance * rule else 1 if off > 0 else -1


def _reasons(rows: Rows, before: Dose, dose: Dose, rules: ExtendedRules) -> Iterator[str]:
    """What lowers a dose, seen from the one before it."""
    floors = ((NEUTROPHILS, Fraction(NEUTROPHILS_FLOOR, 10)), (PLATELETS, Fraction(PLATELETS_FLOOR)))
    for code, floor in floors:
        results = _safety_results(rows, dose, code, rules)
        if results and results[-1].value < floor:
            yield results[-1].reference
    for event in rows.events:
        if event.severe and event.day is not None and event.day < dose.day and before.reference in event.suspects:
            yield event.reference


def _prohibited(rows: Rows, rules: ExtendedRules) -> Shown:
    """Clause 8.5."""
    names = {group.name for group in rules.medicines if group.prohibited}
    for order in rows.orders:
        if order.medicine not in names:
            continue
        for dose in rows.doses:
            over = order.end is not None and dose.day > order.end + timedelta(days=rules.washout_days)
            if order.written <= dose.day and not over:
                yield order.reference, dose.reference


def _late_report(rows: Rows, rules: ExtendedRules) -> Shown:
    """Clause 8.6."""
    for event in rows.events:
        if not event.serious or event.detected is None or event.recorded is None:
            continue
        if (event.recorded - event.detected).days > rules.reporting_days:
            yield (event.reference,)


def _duplicate(rows: Rows, rules: ExtendedRules) -> Shown:
    """Clause 8.7."""
    for one, other in combinations(rows.orders, 2):
        linked = one.replaces == other.reference or other.replaces == one.reference
        if one.medicine == other.medicine and not linked and _overlaps(one, other, rules.overlap_days):
            yield one.reference, other.reference


def _overlaps(one: Order, other: Order, allowed: int) -> bool:
    ends = [order.end for order in (one, other) if order.end is not None]
    return not ends or (min(ends) - max(one.written, other.written)).days > allowed


def _allergy(rows: Rows, rules: ExtendedRules) -> Shown:
    """Clause 8.8."""
    for allergy, order in product(rows.allergies, rows.orders):
        if allergy.medicine == order.medicine and order.written >= allergy.day:
            yield allergy.reference, order.reference


def _renal(rows: Rows, rules: ExtendedRules) -> Shown:
    """Clause 8.9."""
    limits = {g.name: Fraction(g.creatinine_limit, 100) for g in rules.medicines if g.creatinine_limit is not None}
    for order in rows.orders:
        known = [r for r in rows.of(CREATININE) if r.day <= order.written]
        if order.medicine in limits and known and known[-1].value > limits[order.medicine]:
            yield order.reference, known[-1].reference


def _note(rows: Rows, rules: ExtendedRules) -> Shown:
    """Clause 8.10."""
    for note in rows.notes:
        for stated in _STATED.findall(note.text):
            results = [r for r in rows.of(ECOG) if r.encounter in note.encounters]
            if results and results[-1].value != int(stated):
                yield note.reference, results[-1].reference


def _weight(rows: Rows, rules: ExtendedRules) -> Shown:
    """Clause 8.11."""
    weights = rows.of(WEIGHT)
    for row in weights[1:]:
        factor = max(row.value / weights[0].value, weights[0].value / row.value)
        if factor > Fraction(rules.weight_factor, 10):
            yield row.reference, weights[0].reference


_CLAUSES: Mapping[str, Callable[[Rows, ExtendedRules], Shown]] = {
    "consent_after_procedure": _consent,
    "eligibility_lab_expired": _eligibility,
    "missed_safety_lab": _safety,
    "dose_modification_error": _dose,
    "prohibited_conmed": _prohibited,
    "sae_reporting_delay": _late_report,
    "duplicate_therapy": _duplicate,
    "allergy_conflict": _allergy,
    "renal_dosing": _renal,
    "note_structured_mismatch": _note,
    "unit_or_plausibility_error": _weight,
}


def _twice(people: Iterable[Rows]) -> Mapping[str, list[tuple[str, ...]]]:
    """Clause 8.12: by the ResearchSubject that deviates."""
    met: dict[tuple[str, ...], list[Rows]] = {}
    for rows in people:
        if identity := _identity(rows.patient):
            met.setdefault(identity, []).append(rows)
    found: dict[str, list[tuple[str, ...]]] = {}
    for group in met.values():
        ordered = sorted(group, key=lambda rows: (rows.subject.enrolled, rows.subject.reference))
        for place, later in enumerate(ordered):
            for earlier in ordered[:place]:
                four = (later.subject, earlier.subject)
                shown = tuple(reference for s in four for reference in (s.reference, s.patient))
                found.setdefault(later.subject.reference, []).append(shown)
    return found


def _identity(patient: Resource) -> tuple[str, ...] | None:
    """Family name, first given name, birth date, member number; None if one is not recorded."""
    name: Resource = next((n for n in patient.get("name", ()) if n.get("use") == "official"), {})
    member = next((i["value"] for i in patient.get("identifier", ()) if i.get("system") == MEMBER_NUMBER), None)
    parts = (name.get("family"), next(iter(name.get("given", ())), None), patient.get("birthDate"), member)
    return tuple(str(part).casefold() for part in parts) if all(parts) else None
