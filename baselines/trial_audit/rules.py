"""Section 3 of the protocol applied to a chart, and section 8 if there is one: what breaks it, and what shows it."""

from collections.abc import Iterable, Iterator
from datetime import date

from baselines.trial_audit.breach import Breach as Breach
from baselines.trial_audit.chart import Chart, Recorded, Subject
from baselines.trial_audit.dates import completions, whole_years
from baselines.trial_audit.further_rules import find_further
from baselines.trial_audit.protocol import Protocol


def find_breaches(chart: Chart, *, override: bool = True) -> list[Breach]:
    """In the order of the subjects, section 3 before section 8. override=False: clause 3.5 is not applied."""
    rules = chart.protocol
    breaches: list[Breach] = []
    for subject in chart.subjects:
        breaches.extend(_age(subject, rules))
        breaches.extend(_death(subject))
        breaches.extend(_window(subject, rules, override))
    return breaches + find_further(chart)


def _age(subject: Subject, rules: Protocol) -> Iterator[Breach]:
    """The birth-date clause outranks the range: a date that cannot be right gives no age."""
    birth_date = subject.patient.get("birthDate")
    if not birth_date:
        yield Breach(subject, "3.2", (subject.patient_reference,), "no birth date is recorded")
        return
    first, last = completions(birth_date)
    verdict = _verdict(first, subject.enrolled, rules)
    if verdict is None or verdict != _verdict(last, subject.enrolled, rules):
        return
    ages = f"birth date {birth_date}, enrolled {subject.enrolled}: {whole_years(last, subject.enrolled)} years"
    yield Breach(subject, verdict, (subject.patient_reference, subject.reference), ages)


def _verdict(born: date, enrolled: date, rules: Protocol) -> str | None:
    age = whole_years(born, enrolled)
    if born > enrolled or age > rules.impossible_age:
        return "3.2"
    return None if rules.age_min <= age <= rules.age_max else "3.1"


def _death(subject: Subject) -> Iterator[Breach]:
    if not subject.deaths or not subject.given:
        return
    death = min(subject.deaths, key=lambda row: (row.day, row.reference))
    start = min(subject.given, key=lambda row: (row.day, row.reference))
    if death.day < start.day:
        evidence = (death.reference, start.reference)
        yield Breach(subject, "3.3", evidence, f"died {death.day}, treatment started {start.day}")


def _window(subject: Subject, rules: Protocol, override: bool) -> Iterator[Breach]:
    """The rows that settle the allowed window are evidence only where the delay lies between the two windows."""
    if not subject.given:
        return
    start = min(subject.given, key=lambda row: (row.day, row.reference))
    delay = (start.day - subject.enrolled).days
    if delay <= rules.window:
        return
    evidence = [subject.reference, start.reference]
    if delay <= rules.extended_window:
        stage = latest(subject.stages, subject.enrolled)
        if stage is not None:
            evidence.append(stage.reference)
        if stage is not None and stage.value == rules.extended_stage:
            index = latest(subject.indices, subject.enrolled)
            if not override or rules.override_above is None or index is None or index.value <= rules.override_above:
                return
            evidence.append(index.reference)
    yield Breach(subject, "3.4", tuple(evidence), f"treatment started {delay} days after enrolment")


def latest(rows: Iterable[Recorded], day: date) -> Recorded | None:
    """Clause 2.3: the latest by day among those on or before the day; then by issue, then by id."""
    before = [row for row in rows if row.day <= day]
    return max(before, key=lambda row: (row.day, row.issued, row.reference), default=None)
