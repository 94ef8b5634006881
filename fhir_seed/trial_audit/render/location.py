"""Location: the clinic of each site where visits take place."""

from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.facts import SiteFacts
from fhir_seed.trial_audit.render.parts import address, phone, text_concept
from fhir_seed.trial_audit.render.written import Json

_TYPE = [text_concept("Oncology clinic")]


def site_location(site: SiteFacts) -> Json:
    return {
        "resourceType": "Location",
        "id": site.location_id,
        "meta": profiles.LOCATION,
        "status": "active",
        "name": f"{site.site.name}, Research Clinic",
        "mode": "instance",
        "type": _TYPE,
        "telecom": phone(site.phone, "work"),
        "address": address(site.street, site.place, site.postal, "work"),
        "managingOrganization": site.organization,
    }
