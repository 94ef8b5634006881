"""When a subject is known to have died."""

from datetime import date

from fhir_seed.trial_audit.plan import SubjectPlan


def day_of_death(subject: SubjectPlan) -> date | None:
    """The earlier of the recorded days."""
    days = [subject.deceased.day] if subject.deceased else []
    if subject.fatal_event:
        days.append(subject.fatal_event.date.day)
    return min(days, default=None)
