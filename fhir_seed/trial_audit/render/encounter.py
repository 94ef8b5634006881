"""Encounter: screening, baseline and treatment visits, and unscheduled admissions."""

from datetime import timedelta
from types import MappingProxyType

from orjson import Fragment

from fhir_seed.codes import coding, concept
from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.facts import Course, Event, SiteFacts, Trial, Visit
from fhir_seed.trial_audit.render.parts import ENCOUNTER_NUMBER, identifier, text_concept
from fhir_seed.trial_audit.render.written import Json, fixed

SCREENING = "screening-visit"
BASELINE = "baseline-visit"
TREATMENT = "treatment-visit"
UNSCHEDULED = "unscheduled-admission"


def _type(trial_code: str, snomed: str) -> Fragment:
    both = concept("trial", trial_code)
    return fixed([{"coding": [coding("snomed", snomed), *both["coding"]], "text": both["text"]}])


_TYPES = MappingProxyType(
    {
        SCREENING: _type(SCREENING, "162673000"),
        BASELINE: _type(BASELINE, "185349003"),
        TREATMENT: _type(TREATMENT, "308335008"),
        UNSCHEDULED: _type(UNSCHEDULED, "32485007"),
    }
)
_AMBULATORY = fixed(coding("encounter-class", "AMB"))
_INPATIENT = fixed(coding("encounter-class", "IMP"))
_HOME = fixed({"dischargeDisposition": concept("discharge-disposition", "home")})
_ATTENDING = [text_concept("Attending")]


def visit_encounter(visit: Visit, subject: Fragment, course: Course, site: SiteFacts, trial: Trial) -> Json:
    start = site.clock.at(visit.day, visit.start)
    end = site.clock.at(visit.day, visit.end)
    return _encounter(visit, subject, course, site, {"start": start, "end": end}) | {
        "class": _AMBULATORY,
        "reasonCode": [trial.cancer_concept],
    }


def admission_encounter(
    visit: Visit, event: Event, reason: Fragment, subject: Fragment, course: Course, site: SiteFacts
) -> Json:
    start = site.clock.at(visit.day, visit.start)
    end = site.clock.at(visit.day + timedelta(days=event.admission_days), 660)
    return _encounter(visit, subject, course, site, {"start": start, "end": end}) | {
        "class": _INPATIENT,
        "reasonCode": [reason],
        "hospitalization": _HOME,
    }


def _encounter(visit: Visit, subject: Fragment, course: Course, site: SiteFacts, period: dict[str, str]) -> Json:
    return {
        "resourceType": "Encounter",
        "id": visit.id,
        "meta": profiles.ENCOUNTER,
        "identifier": identifier(ENCOUNTER_NUMBER, visit.number),
        "status": "finished",
        "type": _TYPES[visit.kind],
        "subject": subject,
        "participant": [{"type": _ATTENDING, "period": period, "individual": course.clinician.reference}],
        "period": period,
        "location": [{"location": site.location}],
        "serviceProvider": site.organization,
    }
