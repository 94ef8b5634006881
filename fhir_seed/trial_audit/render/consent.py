"""Consent: to take part in research, signed at the screening visit, before anything else is done."""

from orjson import Fragment

from fhir_seed.codes import concept
from fhir_seed.trial_audit.render.facts import Course, SiteFacts
from fhir_seed.trial_audit.render.written import Json, fixed

_SCOPE = fixed(concept("consent-scope", "research"))
_CATEGORY = fixed([concept("loinc", "59284-0")])
_POLICY = fixed([{"uri": "http://ehr-sandbox.example/policy/research-consent"}])
_PERMIT = fixed({"type": "permit"})


def research_consent(subject: Fragment, course: Course, site: SiteFacts) -> Json:
    return {
        "resourceType": "Consent",
        "id": course.consent_id,
        "status": "active",
        "scope": _SCOPE,
        "category": _CATEGORY,
        "patient": subject,
        "dateTime": site.clock.at(course.screening.day, course.screening.start + 5),
        "performer": [subject],
        "organization": [site.organization],
        "policy": _POLICY,
        "provision": _PERMIT,
    }
