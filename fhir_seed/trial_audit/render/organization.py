"""Organization: trial sites and the sponsor."""

from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.facts import SiteFacts, Trial
from fhir_seed.trial_audit.render.parts import NPI, address, identifier, phone, text_concept
from fhir_seed.trial_audit.render.written import Json

_PROVIDER = [text_concept("Healthcare provider")]
_SPONSOR = [text_concept("Clinical research sponsor")]


def site_organization(site: SiteFacts) -> Json:
    return {
        "resourceType": "Organization",
        "id": site.organization_id,
        "meta": profiles.ORGANIZATION,
        "identifier": identifier(NPI, site.npi),
        "active": True,
        "type": _PROVIDER,
        "name": site.site.name,
        "telecom": phone(site.phone, "work"),
        "address": [address(site.street, site.place, site.postal, "work")],
    }


def sponsor_organization(trial: Trial) -> Json:
    place = trial.sponsor_place
    return {
        "resourceType": "Organization",
        "id": trial.sponsor_id,
        "meta": profiles.ORGANIZATION,
        "identifier": identifier(NPI, trial.sponsor_npi),
        "active": True,
        "type": _SPONSOR,
        "name": f"{trial.protocol.drug_name} Clinical Development, Inc.",
        "telecom": phone("+1-555-0100", "work"),
        "address": [address("1 Research Park", place, f"{place.postal}01", "work")],
    }
