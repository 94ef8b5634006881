"""ResearchSubject: a person's part in the study."""

from orjson import Fragment

from fhir_seed.trial_audit.plan import SubjectPlan
from fhir_seed.trial_audit.render.deaths import day_of_death
from fhir_seed.trial_audit.render.facts import Course, SiteFacts, Trial
from fhir_seed.trial_audit.render.parts import SUBJECT_NUMBER, identifier
from fhir_seed.trial_audit.render.written import Json, reference

ALL_CYCLES = 6


def research_subject(
    plan: SubjectPlan, number: str, subject: Fragment, course: Course, site: SiteFacts, trial: Trial
) -> Json:
    resource: Json = {
        "resourceType": "ResearchSubject",
        "id": plan.subject_id,
        "identifier": identifier(SUBJECT_NUMBER, number),
        "status": _status(plan, course),
        "study": trial.study,
        "individual": subject,
        "consent": reference("Consent", course.consent_id),
    }
    if plan.enrolment is not None:
        assert plan.arm is not None, "an enrolled subject has an arm"
        arms = {"control": trial.protocol.control_arm, "treatment": trial.protocol.treatment_arm}
        resource["period"] = {"start": site.clock.written(plan.enrolment)}
        resource["assignedArm"] = arms[plan.arm]
    return resource


def _status(plan: SubjectPlan, course: Course) -> str:
    if plan.enrolment is None:
        return "ineligible"
    if day_of_death(plan) is not None:
        return "off-study"
    if len(course.cycles) >= ALL_CYCLES:
        return "follow-up"
    return "off-study" if course.withdrew else "on-study"
