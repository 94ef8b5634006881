"""Laboratory Observations of the screening visit."""

from orjson import Fragment

from fhir_seed.codes import concept
from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.facts import SiteFacts, Visit
from fhir_seed.trial_audit.render.labs import Lab
from fhir_seed.trial_audit.render.medicines import quantity
from fhir_seed.trial_audit.render.written import Json, decimal, fixed

_LABORATORY = fixed([concept("observation-category", "laboratory")])
_HIGH, _LOW, _NORMAL = (fixed([concept("interpretation", code)]) for code in ("H", "L", "N"))


def laboratory_observation(
    identity: str, lab: Lab, value: int, taken: str, issued: str, visit: Visit, subject: Fragment, site: SiteFacts
) -> Json:
    """value: in 10**-places of the test's unit."""
    return {
        "resourceType": "Observation",
        "id": identity,
        "meta": profiles.LABORATORY,
        "status": "final",
        "category": _LABORATORY,
        "code": lab.code,
        "subject": subject,
        "encounter": visit.reference,
        "effectiveDateTime": taken,
        "issued": issued,
        "performer": [site.organization],
        "valueQuantity": quantity(decimal(value, lab.places), lab.unit),
        "interpretation": _HIGH if value > lab.high else _LOW if value < lab.low else _NORMAL,
        "referenceRange": lab.reference_range,
    }
