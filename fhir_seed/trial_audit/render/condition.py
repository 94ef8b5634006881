"""Condition: the primary cancer and comorbid conditions (problem list), and diagnoses of an admission."""

from orjson import Fragment

from fhir_seed.codes import concept
from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.facts import Course, Event, Problem, SiteFacts, Trial, Visit
from fhir_seed.trial_audit.render.written import Json, fixed

_PROBLEM_LIST = fixed([concept("condition-category", "problem-list-item")])
_ENCOUNTER_DIAGNOSIS = fixed([concept("condition-category", "encounter-diagnosis")])
_ACTIVE = fixed(concept("condition-clinical", "active"))
_RESOLVED = fixed(concept("condition-clinical", "resolved"))
_CONFIRMED = fixed(concept("condition-ver-status", "confirmed"))


def cancer_condition(subject: Fragment, course: Course, trial: Trial) -> Json:
    day = course.cancer_onset.isoformat()
    return _problem(course.cancer_id, trial.cancer_concept, subject, course, onset=day, recorded=day)


def comorbid_condition(problem: Problem, subject: Fragment, course: Course) -> Json:
    onset, recorded = problem.onset.isoformat()[:7], problem.recorded.isoformat()
    resource = _problem(problem.id, problem.what.concept, subject, course, onset=onset, recorded=recorded)
    if problem.resolved is not None:
        resource |= {"clinicalStatus": _RESOLVED, "abatementDateTime": problem.resolved.isoformat()[:7]}
    return resource


def event_diagnosis(
    event: Event, visit: Visit, what: Fragment, subject: Fragment, course: Course, site: SiteFacts
) -> Json:
    resolved = event.outcome == "resolved"
    resource = {
        "resourceType": "Condition",
        "id": event.diagnosis_id,
        "meta": profiles.DIAGNOSIS,
        "clinicalStatus": _RESOLVED if resolved else _ACTIVE,
        "verificationStatus": _CONFIRMED,
        "category": _ENCOUNTER_DIAGNOSIS,
        "code": what,
        "subject": subject,
        "encounter": visit.reference,
        "onsetDateTime": event.day.isoformat(),
        "recordedDate": site.clock.at(visit.day, visit.end),
        "recorder": course.clinician.reference,
    }
    return resource | {"abatementDateTime": event.ends.isoformat()} if resolved else resource


def _problem(identity: str, what: Fragment, subject: Fragment, course: Course, *, onset: str, recorded: str) -> Json:
    return {
        "resourceType": "Condition",
        "id": identity,
        "meta": profiles.PROBLEM,
        "clinicalStatus": _ACTIVE,
        "verificationStatus": _CONFIRMED,
        "category": _PROBLEM_LIST,
        "code": what,
        "subject": subject,
        "onsetDateTime": onset,
        "recordedDate": recorded,
        "recorder": course.clinician.reference,
    }
