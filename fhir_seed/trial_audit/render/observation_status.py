"""ECOG performance status and smoking status."""

from types import MappingProxyType

from orjson import Fragment

from fhir_seed.codes import concept
from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.facts import Course, Performance, Visit
from fhir_seed.trial_audit.render.written import Json, fixed

_SURVEY = fixed([concept("observation-category", "survey"), concept("us-core-category", "functional-status")])
_SOCIAL_HISTORY = fixed([concept("observation-category", "social-history")])
_ECOG = fixed(concept("loinc", "89247-1", "ECOG performance status"))
_SMOKING = fixed(concept("loinc", "72166-2", "Tobacco smoking status"))
_SMOKES = MappingProxyType({code: fixed(concept("snomed", code)) for code in ("449868002", "8517006", "266919005")})


def ecog_observation(seen: Performance, taken: str, visit: Visit, subject: Fragment, course: Course) -> Json:
    return _status(seen.id, taken, visit, subject, course) | {
        "meta": profiles.ASSESSMENT,
        "category": _SURVEY,
        "code": _ECOG,
        "valueInteger": seen.score,
    }


def smoking_observation(identity: str, taken: str, visit: Visit, subject: Fragment, course: Course) -> Json:
    return _status(identity, taken, visit, subject, course) | {
        "meta": profiles.SMOKING,
        "category": _SOCIAL_HISTORY,
        "code": _SMOKING,
        "valueCodeableConcept": _SMOKES[course.smoking],
    }


def _status(identity: str, taken: str, visit: Visit, subject: Fragment, course: Course) -> Json:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "subject": subject,
        "encounter": visit.reference,
        "effectiveDateTime": taken,
        "performer": [course.clinician.reference],
    }
