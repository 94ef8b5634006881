"""DocumentReference: clinical notes of a visit, and the protocol's text."""

from base64 import b64encode

from orjson import Fragment

from fhir_seed.codes import concept
from fhir_seed.trial_audit.protocol_text import render_protocol
from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.facts import Course, SiteFacts, Trial, Visit
from fhir_seed.trial_audit.render.parts import DOCUMENT_NUMBER, identifier
from fhir_seed.trial_audit.render.written import Json, fixed

HISTORY_AND_PHYSICAL = fixed(concept("loinc", "34117-2", "History and physical note"))
PROGRESS = fixed(concept("loinc", "11506-3", "Progress note"))
_CLINICAL_NOTE = fixed([concept("note-category", "clinical-note")])
_STUDY_PROTOCOL = fixed(concept("trial", "study-protocol"))
_STUDY_DOCUMENTS = fixed([{"text": "Study documents"}])


def clinical_note(
    identity: str,
    number: str,
    kind: Fragment,
    text: str,
    visit: Visit,
    subject: Fragment,
    course: Course,
    site: SiteFacts,
) -> Json:
    clock = site.clock
    signed = clock.at(visit.day, visit.end + 25)
    return {
        "resourceType": "DocumentReference",
        "id": identity,
        "meta": profiles.NOTE,
        "identifier": identifier(DOCUMENT_NUMBER, number),
        "status": "current",
        "docStatus": "final",
        "type": kind,
        "category": _CLINICAL_NOTE,
        "subject": subject,
        "date": signed,
        "author": [course.clinician.reference],
        "custodian": site.organization,
        "content": [{"attachment": {"contentType": "text/plain", "creation": signed, "data": _encoded(text)}}],
        "context": {
            "encounter": [visit.reference],
            "period": {"start": clock.at(visit.day, visit.start), "end": clock.at(visit.day, visit.end)},
        },
    }


def protocol_document(trial: Trial) -> Json:
    title = f"Protocol {trial.protocol.number}: {trial.protocol.title}"
    return {
        "resourceType": "DocumentReference",
        "id": trial.document_id,
        "identifier": identifier(DOCUMENT_NUMBER, trial.protocol.number),
        "status": "current",
        "docStatus": "final",
        "type": _STUDY_PROTOCOL,
        "category": _STUDY_DOCUMENTS,
        "date": f"{trial.first_day.isoformat()}T12:00:00Z",
        "author": [trial.sponsor],
        "custodian": trial.sponsor,
        "description": title,
        "content": [
            {
                "attachment": {
                    "contentType": "text/markdown",
                    "data": _encoded(render_protocol(trial.protocol)),
                    "title": title,
                }
            }
        ],
    }


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()
