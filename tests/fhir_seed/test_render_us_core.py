"""US Core 6.1.0: mandatory elements on every resource of a profile, must-support elements somewhere in a world."""

from collections import defaultdict
from typing import Any

import orjson
import pytest

from fhir_seed.trial_audit import build
from tasks import PUBLIC_SALT, Address

_OBSERVATION = "status category code subject effectiveDateTime performer"
_QUANTITY = "valueQuantity.value valueQuantity.unit valueQuantity.system valueQuantity.code"
_NAMED = "identifier.system identifier.value name telecom.system telecom.value"
_ADDRESS = "address.line address.city address.state address.postalCode"
MANDATORY = {
    "Patient/patient": "identifier.system identifier.value name gender",
    "Encounter/encounter": "identifier.system identifier.value status class type subject location.location",
    "Condition/condition-problems-health-concerns": "category code subject clinicalStatus verificationStatus",
    "Condition/condition-encounter-diagnosis": "category code subject",
    "MedicationRequest/medicationrequest": "status intent medicationCodeableConcept subject",
    "DocumentReference/documentreference": "status type category subject content.attachment.contentType"
    " content.attachment.data",
    "Organization/organization": "active name",
    "Location/location": "name",
    "Practitioner/practitioner": "identifier.system identifier.value name.family",
    "Observation/observation-lab": _OBSERVATION,
    "Observation/observation-clinical-result": _OBSERVATION,
    "Observation/observation-screening-assessment": _OBSERVATION,
    "Observation/smokingstatus": f"{_OBSERVATION} valueCodeableConcept",
    "Observation/blood-pressure": f"{_OBSERVATION} component.code component.valueQuantity.value"
    " component.valueQuantity.unit component.valueQuantity.system component.valueQuantity.code",
    "Observation/body-weight": f"{_OBSERVATION} {_QUANTITY}",
    "Observation/body-height": f"{_OBSERVATION} {_QUANTITY}",
    "Observation/bmi": f"{_OBSERVATION} {_QUANTITY}",
}
MUST_SUPPORT = {
    "Patient/patient": "extension name.family name.given name.suffix name.period.end telecom.system telecom.value"
    f" telecom.use birthDate deceasedDateTime address.period.end {_ADDRESS} communication.language",
    "Encounter/encounter": "participant.type participant.period participant.individual period reasonCode"
    " hospitalization.dischargeDisposition serviceProvider",
    "Condition/condition-problems-health-concerns": "onsetDateTime abatementDateTime recordedDate",
    "Condition/condition-encounter-diagnosis": "encounter abatementDateTime recordedDate",
    "MedicationRequest/medicationrequest": "category reportedBoolean encounter authoredOn requester reasonCode"
    " reasonReference dosageInstruction.text dosageInstruction.timing dosageInstruction.doseAndRate.doseQuantity"
    " dispenseRequest.numberOfRepeatsAllowed dispenseRequest.quantity",
    "DocumentReference/documentreference": "identifier date author context.encounter context.period",
    "Organization/organization": f"{_NAMED} {_ADDRESS} address.country",
    "Practitioner/practitioner": _NAMED,
    "Observation/observation-lab": "valueQuantity",
    "Observation/observation-clinical-result": "valueCodeableConcept",
}


def _by_profile() -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for blob in build(PUBLIC_SALT, Address(suite="trial_audit", variant="easy", index=0)).world.resources:
        node = orjson.loads(blob)
        for profile in node.get("meta", {}).get("profile", []):
            found[f"{node['resourceType']}/{profile.rsplit('/us-core-', 1)[1]}"].append(node)
    return found


RESOURCES = _by_profile()


def everywhere(node: Any, path: list[str]) -> bool:
    """Whether the path leads to a value by every item of every list."""
    if isinstance(node, list):
        return bool(node) and all(everywhere(one, path) for one in node)
    return not path or (path[0] in node and everywhere(node[path[0]], path[1:]))


def somewhere(node: Any, path: list[str]) -> bool:
    if isinstance(node, list):
        return any(somewhere(one, path) for one in node)
    return not path or (path[0] in node and somewhere(node[path[0]], path[1:]))


def test_every_profile_that_is_claimed_is_checked():
    assert set(RESOURCES) == set(MANDATORY)


@pytest.mark.parametrize("profile", MANDATORY)
def test_mandatory_elements_are_on_every_resource(profile):
    for path in MANDATORY[profile].split():
        assert all(everywhere(node, path.split(".")) for node in RESOURCES[profile]), path


@pytest.mark.parametrize("profile", MUST_SUPPORT)
def test_must_support_elements_occur(profile):
    for path in MUST_SUPPORT[profile].split():
        assert any(somewhere(node, path.split(".")) for node in RESOURCES[profile]), path
