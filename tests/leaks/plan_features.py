"""The same questions put to a plan, before anything is written: cheap, so many worlds can be asked."""

from datetime import date
from typing import Any

from ehr_sandbox.probes.chart_features import Features, place
from fhir_seed.trial_audit.plan import Moment, SubjectPlan, WorldPlan


def plan_features(plan: WorldPlan) -> dict[str, Features]:
    """By Patient reference, of the enrolled. Nothing that is an error: no age, delay, or day of a death."""
    sizes = [sum(s.site == site for s in plan.subjects) for site in range(len(plan.protocol.sites))]
    found = {}
    for place_, subject in enumerate(plan.subjects):
        if subject.enrolment is not None:
            features = _person(subject, subject.enrolment) | _rows(subject) | _doses(subject)
            features |= {"site size": sizes[subject.site], "place in the plan": place_}
            features["site offset"] = plan.protocol.sites[subject.site].offset_minutes
            found[f"Patient/{subject.patient_id}"] = {name: float(value) for name, value in features.items()}
    return found


def _person(subject: SubjectPlan, enrolment: Moment) -> dict[str, Any]:
    recorded = [m for m in (subject.deceased, subject.fatal_event and subject.fatal_event.date) if m]
    return {
        "control arm": subject.arm == "control",
        "male": subject.sex == "male",
        "stage": subject.stage,
        "index": subject.index,
        "dead": bool(recorded),
        "age for the course": subject.age_for_course,
        "id of the patient": place(subject.patient_id),
        "id of the subject": place(subject.subject_id),
        "in the Patient": subject.deceased is not None,
        "in an event": subject.fatal_event is not None,
        "death written as a day": sum(m.written_offset is None for m in recorded),
        "minute of the death": recorded[0].minute if recorded else 0,
        "duplicate": subject.duplicate is not None,
        "enrolment": enrolment.day.toordinal(),
        "weekday": enrolment.day.weekday(),
        "minute of enrolment": enrolment.minute,
        "enrolment written as a day": enrolment.written_offset is None,
        "screening": (enrolment.day - subject.screening).days,
        "days since the birthday": _since_birthday(subject.birth_date, enrolment.day),
        **{f"group {g}": subject.group == g for g in ("white", "black", "hispanic", "asian", "unknown")},
    }


def _since_birthday(birth_date: str | None, day: date) -> int:
    """0..365; -1 if no day of birth is written."""
    if birth_date is None or len(birth_date) < 10:
        return -1
    month, of_month = int(birth_date[5:7]), int(birth_date[8:10])
    return (day - date(day.year - ((day.month, day.day) < (month, of_month)), month, of_month)).days


def _rows(subject: SubjectPlan) -> dict[str, Any]:
    found: dict[str, Any] = {}
    assert subject.enrolment is not None, "only the enrolled are asked"
    for name, rows in (("stage", subject.stage_rows), ("index", subject.index_rows)):
        found[f"{name} rows"] = len(rows)
        for status in ("final", "amended", "corrected", "entered-in-error"):
            found[f"{name} rows {status}"] = sum(r.status == status for r in rows)
        found[f"{name} rows after enrolment"] = sum(r.effective.day > subject.enrolment.day for r in rows)
        found[f"{name} written as a day"] = sum(r.effective.written_offset is None for r in rows)
        found[f"{name} in UTC"] = sum(r.effective.written_offset == 0 for r in rows)
        found[f"{name} issued after"] = sum((r.issued.day - r.effective.day).days for r in rows)
        found[f"{name} first id"] = min(place(r.id) for r in rows)
    return found


def _doses(subject: SubjectPlan) -> dict[str, Any]:
    doses = subject.administrations
    given = sorted((d for d in doses if d.status == "completed"), key=lambda d: d.effective.day)
    return {
        **{f"doses {s}": sum(d.status == s for d in doses) for s in ("completed", "not-done", "entered-in-error")},
        "first dose in UTC": given[0].effective.written_offset == 0,
        "minute of the first dose": given[0].effective.minute,
        "doses in UTC": sum(d.effective.written_offset == 0 for d in doses),
        "dose first id": min(place(d.id) for d in doses),
        "later doses apart": (given[-1].effective.day - given[0].effective.day).days / max(1, len(given) - 1),
    }
