"""Practitioner: investigators and staff of a site."""

from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.facts import Clinician
from fhir_seed.trial_audit.render.parts import NPI, identifier, phone
from fhir_seed.trial_audit.render.written import Json


def site_practitioner(clinician: Clinician) -> Json:
    name = {"use": "official", "family": clinician.family, "given": [clinician.given], "suffix": [clinician.title]}
    return {
        "resourceType": "Practitioner",
        "id": clinician.id,
        "meta": profiles.PRACTITIONER,
        "identifier": identifier(NPI, clinician.npi),
        "active": True,
        "name": [name],
        "telecom": phone(clinician.phone, "work"),
        "gender": clinician.sex,
    }
