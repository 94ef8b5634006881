"""ResearchStudy: the trial, its arms and sites, and where its protocol is."""

from fhir_seed.trial_audit.render.facts import Trial
from fhir_seed.trial_audit.render.parts import STUDY_NUMBER, identifier, text_concept
from fhir_seed.trial_audit.render.written import Json

_PURPOSE = text_concept("Treatment")
_PHASE = text_concept("Phase 3")
_CATEGORY = [text_concept("Interventional"), text_concept("Randomized")]
_OPEN = text_concept("Open label")


def research_study(trial: Trial) -> Json:
    protocol = trial.protocol
    return {
        "resourceType": "ResearchStudy",
        "id": trial.study_id,
        "identifier": [
            *identifier(STUDY_NUMBER, protocol.number),
            {"system": "http://ehr-sandbox.example/fhir/sid/registry", "value": trial.registration},
        ],
        "title": protocol.title,
        "status": "active",
        "primaryPurposeType": _PURPOSE,
        "phase": _PHASE,
        "category": _CATEGORY,
        "focus": [trial.drug],
        "condition": [trial.cancer_concept],
        "keyword": [_OPEN],
        "relatedArtifact": [
            {
                "type": "documentation",
                "display": f"Protocol {protocol.number}",
                "document": {
                    "contentType": "text/markdown",
                    "url": f"DocumentReference/{trial.document_id}",
                    "title": f"Protocol {protocol.number}",
                },
            }
        ],
        "description": protocol.title,
        "period": {"start": trial.first_day.isoformat()},
        "sponsor": trial.sponsor,
        "principalInvestigator": trial.sites[0].clinicians[0].reference,
        "site": [site.location for site in sorted(trial.sites, key=lambda site: site.location_id)],
        "arm": [{"name": name} for name in sorted((protocol.control_arm, protocol.treatment_arm))],
    }
