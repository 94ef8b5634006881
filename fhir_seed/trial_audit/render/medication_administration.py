"""MedicationAdministration: the rows of the study drug, as the plan has them."""

from orjson import Fragment

from fhir_seed.trial_audit.plan import Administration
from fhir_seed.trial_audit.render.facts import Course, SiteFacts, Trial, Visit
from fhir_seed.trial_audit.render.medicines import quantity
from fhir_seed.trial_audit.render.parts import text_concept
from fhir_seed.trial_audit.render.written import Json, reference

_NOT_GIVEN = [text_concept("Not given: deferred by the investigator")]
_INTRAVENOUS = text_concept("Intravenous infusion")


def study_administration(
    row: Administration, dose: int, visit: Visit, subject: Fragment, course: Course, site: SiteFacts, trial: Trial
) -> Json:
    """dose: mg; of no meaning if nothing was given."""
    resource: Json = {
        "resourceType": "MedicationAdministration",
        "id": row.id,
        "status": row.status,
        "medicationCodeableConcept": trial.drug,
        "subject": subject,
        "context": visit.reference,
        "effectiveDateTime": site.clock.written(row.effective),
        "performer": [{"actor": course.nurse.reference}],
        "reasonReference": [reference("Condition", course.cancer_id)],
        "request": reference("MedicationRequest", course.order_id),
    }
    if row.status == "not-done":
        return resource | {"statusReason": _NOT_GIVEN}
    dosage = {"text": f"Cycle {row.cycle}, day 1", "route": _INTRAVENOUS, "dose": quantity(dose, "mg")}
    return resource | {"dosage": dosage}
