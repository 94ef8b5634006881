"""The further resources of a person as FHIR, and the member number and names of the Patient."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from orjson import Fragment

from fhir_seed.codes import concept
from fhir_seed.trial_audit.extended.records import Allergy, Done, Extra, Identity, Ordered, Person, Signed, Slip
from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.consent import research_consent
from fhir_seed.trial_audit.render.facts import Course, SiteFacts, Trial, Weighed
from fhir_seed.trial_audit.render.medicines import MEDICINES
from fhir_seed.trial_audit.render.observation_laboratory import laboratory_observations
from fhir_seed.trial_audit.render.observation_vitals import weight_observation
from fhir_seed.trial_audit.render.parts import text_concept
from fhir_seed.trial_audit.render.patient import LANGUAGE, RACE
from fhir_seed.trial_audit.render.written import Json, fixed, reference
from fhir_seed.trial_audit.terms import MEMBER_NUMBER, STUDY_PROCEDURE

_STUDY = fixed(concept("trial", STUDY_PROCEDURE))
_PROCEDURES = MappingProxyType(
    {
        "study-biopsy": fixed(concept("trial", "study-biopsy")),
        "399208008": fixed(concept("snomed", "399208008")),
        "73761001": fixed(concept("snomed", "73761001")),
    }
)
_OUTPATIENT = fixed([concept("medicationrequest-category", "outpatient")])


def extended_resources(rows: Iterable[Json], person: Person, trial: Trial) -> Iterator[Json]:
    """rows: of the person as rendered from the course; then what there is beside it."""
    plan, course, extra, site = person.plan, person.course, person.extra, trial.sites[person.plan.site]
    subject = reference("Patient", plan.patient_id)
    for row in rows:
        yield _identified(row, extra.identity) if row["id"] == plan.patient_id else row
    yield from _further(extra, subject, course, site)


def _further(extra: Extra, subject: Fragment, course: Course, site: SiteFacts) -> Iterator[Json]:
    for signed in extra.consents:
        yield _consent(signed, subject, course, site)
    for done in extra.procedures:
        yield _procedure(done, subject, course, site)
    for allergy in extra.allergies:
        yield _allergy(allergy, subject, course, site)
    for ordered in extra.orders:
        yield _order(ordered, subject, course, site)
    for slip in extra.slips:
        yield _slip(slip, subject, course, site)
    yield from laboratory_observations(extra.results, subject, site)


def _identified(patient: Json, identity: Identity) -> Json:
    member = {"use": "secondary", "system": MEMBER_NUMBER, "value": identity.member}
    patient = patient | {"identifier": [*patient["identifier"], member]}
    if identity.family is not None:
        names = [name | {"given": identity.given} for name in patient["name"]]
        patient["name"] = [names[0] | {"family": identity.family}, *names[1:]]
    if race := RACE.get(identity.race or ""):
        patient["extension"] = [race, *patient["extension"][1:]]
    if identity.language is not None:
        patient["communication"] = LANGUAGE[identity.language]
    return patient


def _consent(signed: Signed, subject: Fragment, course: Course, site: SiteFacts) -> Json:
    return research_consent(subject, course, site) | {
        "id": signed.id,
        "status": signed.status,
        "dateTime": site.clock.at(signed.day, signed.minute),
    }


def _procedure(done: Done, subject: Fragment, course: Course, site: SiteFacts) -> Json:
    resource: Json = {
        "resourceType": "Procedure",
        "id": done.id,
        "meta": profiles.PROCEDURE,
        "status": done.status,
        "code": _PROCEDURES[done.what],
        "subject": subject,
        "performedDateTime": site.clock.at(done.day, done.minute),
        "performer": [{"actor": course.clinician.reference}],
        "location": site.location,
        "reasonReference": [reference("Condition", course.cancer_id)],
    }
    return resource | {"category": _STUDY} if done.study else resource


def _allergy(allergy: Allergy, subject: Fragment, course: Course, site: SiteFacts) -> Json:
    resource: Json = {
        "resourceType": "AllergyIntolerance",
        "id": allergy.id,
        "meta": profiles.ALLERGY,
        "verificationStatus": concept("allergy-verification", allergy.verification),
        "type": allergy.type,
        "category": ["medication"],
        "criticality": allergy.criticality,
        "code": concept("rxnorm", allergy.code),
        "patient": subject,
        "recordedDate": site.clock.at(allergy.recorded, allergy.minute),
        "recorder": course.clinician.reference,
    }
    if allergy.verification == "entered-in-error":
        return resource
    return resource | {"clinicalStatus": concept("allergy-clinical", allergy.clinical)}


def _order(ordered: Ordered, subject: Fragment, course: Course, site: SiteFacts) -> Json:
    medicine = MEDICINES[ordered.code]
    resource: Json = {
        "resourceType": "MedicationRequest",
        "id": ordered.id,
        "meta": profiles.MEDICATION_REQUEST,
        "status": ordered.status,
        "intent": "order",
        "category": _OUTPATIENT,
        "medicationCodeableConcept": medicine.concept,
        "subject": subject,
        "authoredOn": site.clock.at(ordered.day, ordered.minute),
        "dosageInstruction": medicine.dosage,
        "dispenseRequest": (medicine.dispense if ordered.end is None else medicine.dispensed(ordered.day, ordered.end)),
    }
    if ordered.prior is not None:
        resource["priorPrescription"] = reference("MedicationRequest", ordered.prior)
    return resource | _origin(ordered, course) | _reason(ordered, course)


def _origin(ordered: Ordered, course: Course) -> Json:
    """At a visit, or as the person reports it. US Core wants the requester of each order: whoever wrote it down."""
    requester = course.clinician.reference
    if ordered.visit is None:
        return {"reportedBoolean": True, "requester": requester}
    return {"reportedBoolean": False, "encounter": ordered.visit.reference, "requester": requester}


def _reason(ordered: Ordered, course: Course) -> Json:
    problem = next((one.id for one in course.problems if one.what.words == ordered.reason), None)
    if problem is None:
        return {"reasonCode": [text_concept(ordered.reason)]}
    return {"reasonReference": [reference("Condition", problem)]}


def _slip(slip: Slip, subject: Fragment, course: Course, site: SiteFacts) -> Json:
    taken = site.clock.at(slip.visit.day, slip.visit.start + 3)
    weighed = Weighed(slip.id, slip.shown)
    return weight_observation(weighed, taken, slip.visit, subject, course) | {"status": "entered-in-error"}
