"""AdverseEvent: non-fatal events of the treatment, and the fatal one of the plan."""

from datetime import timedelta
from types import MappingProxyType

from orjson import Fragment

from fhir_seed.codes import concept
from fhir_seed.trial_audit.plan import FatalEvent
from fhir_seed.trial_audit.render.facts import Course, Event, SiteFacts, Trial
from fhir_seed.trial_audit.render.terms import TERMS
from fhir_seed.trial_audit.render.written import Json, fixed, reference

_DEATH = fixed(concept("snomed", "419620001", "Death"))
_SEVERITY = MappingProxyType(
    {code: fixed(concept("adverse-event-severity", code)) for code in ("mild", "moderate", "severe")}
)
_OUTCOME = MappingProxyType(
    {code: fixed(concept("adverse-event-outcome", code)) for code in ("resolved", "recovering", "ongoing", "fatal")}
)
_SERIOUS = fixed(concept("adverse-event-seriousness", "Serious"))
_NOT_SERIOUS = fixed(concept("adverse-event-seriousness", "Non-serious"))


def adverse_event(event: Event, subject: Fragment, course: Course, site: SiteFacts, trial: Trial) -> Json:
    heard = event.minute + event.heard
    resource = {
        **_common(event.id, subject, course, site, trial),
        "event": TERMS[event.term].concept,
        "date": site.clock.at(event.day, event.minute),
        "detected": site.clock.at(event.day, heard),
        "recordedDate": site.clock.at(event.day, heard + event.written),
        "seriousness": _SERIOUS if event.admission else _NOT_SERIOUS,
        "severity": _SEVERITY[event.severity],
        "outcome": _OUTCOME[event.outcome],
        "suspectEntity": [{"instance": reference("MedicationAdministration", event.administration)}],
    }
    if event.admission:
        resource["encounter"] = event.admission.reference
        resource["resultingCondition"] = [reference("Condition", event.diagnosis_id)]
    return resource


def fatal_event(event: FatalEvent, subject: Fragment, course: Course, site: SiteFacts, trial: Trial) -> Json:
    recorded = min(event.date.day + timedelta(days=1), max(trial.last_day, event.date.day))
    return {
        **_common(event.id, subject, course, site, trial),
        "event": _DEATH,
        "date": site.clock.written(event.date),
        "recordedDate": recorded.isoformat(),
        "seriousness": _SERIOUS,
        "severity": _SEVERITY["severe"],
        "outcome": _OUTCOME["fatal"],
    }


def _common(identity: str, subject: Fragment, course: Course, site: SiteFacts, trial: Trial) -> Json:
    return {
        "resourceType": "AdverseEvent",
        "id": identity,
        "actuality": "actual",
        "subject": subject,
        "location": site.location,
        "recorder": course.clinician.reference,
        "study": [trial.study],
    }
