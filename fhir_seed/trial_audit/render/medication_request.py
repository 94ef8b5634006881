"""MedicationRequest: the order of the study drug at baseline, and concomitant medicines recorded at screening."""

from orjson import Fragment

from fhir_seed.codes import concept
from fhir_seed.trial_audit.plan import SubjectPlan
from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.deaths import day_of_death
from fhir_seed.trial_audit.render.facts import Course, Prescription, SiteFacts, Trial, Visit
from fhir_seed.trial_audit.render.medicines import quantity
from fhir_seed.trial_audit.render.parts import text_concept
from fhir_seed.trial_audit.render.research_subject import ALL_CYCLES
from fhir_seed.trial_audit.render.written import Json, fixed, reference

_OUTPATIENT = fixed([concept("medicationrequest-category", "outpatient")])
SUPPORTIVE_CARE = "Supportive care with study infusions"
_SUPPORTIVE = [text_concept(SUPPORTIVE_CARE)]
_EVERY_CYCLE = {"repeat": {"frequency": 1, "period": 3, "periodUnit": "wk"}}


def study_order(
    plan: SubjectPlan, visit: Visit, subject: Fragment, course: Course, site: SiteFacts, trial: Trial
) -> Json:
    """At the baseline visit."""
    dosage = {
        "text": f"{trial.dose} mg by vein on day 1 of each 21-day cycle",
        "timing": _EVERY_CYCLE,
        "doseAndRate": [{"doseQuantity": quantity(trial.dose, "mg")}],
    }
    return _request(course.order_id, visit, subject, course, site) | {
        "status": _order_status(plan, course),
        "medicationCodeableConcept": trial.drug,
        "reasonReference": [reference("Condition", course.cancer_id)],
        "dosageInstruction": [dosage],
        "dispenseRequest": {"numberOfRepeatsAllowed": ALL_CYCLES - 1, "quantity": quantity(1, "{dose}")},
    }


def concomitant_request(row: Prescription, subject: Fragment, course: Course, site: SiteFacts) -> Json:
    reason: Json = {"reasonCode": _SUPPORTIVE}
    if row.problem is not None:
        reason = {"reasonReference": [reference("Condition", row.problem)]}
    return (
        _request(row.id, course.screening, subject, course, site)
        | reason
        | {
            "status": "active" if row.stopped is None else "stopped",
            "medicationCodeableConcept": row.what.concept,
            "dosageInstruction": row.what.dosage,
            "dispenseRequest": row.what.dispense
            if row.stopped is None
            else row.what.dispensed(course.screening.day, row.stopped, refilled=True),
        }
    )


def _order_status(plan: SubjectPlan, course: Course) -> str:
    if len(course.cycles) >= ALL_CYCLES:
        return "completed"
    return "stopped" if day_of_death(plan) is not None or course.withdrew else "active"


def _request(identity: str, visit: Visit, subject: Fragment, course: Course, site: SiteFacts) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": identity,
        "meta": profiles.MEDICATION_REQUEST,
        "intent": "order",
        "category": _OUTPATIENT,
        "reportedBoolean": False,
        "subject": subject,
        "encounter": visit.reference,
        "authoredOn": site.clock.at(visit.day, visit.start + 20),
        "requester": course.clinician.reference,
    }
