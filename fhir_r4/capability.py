"""The CapabilityStatement, derived from the tables that the server itself works by."""

from collections.abc import Iterable
from typing import Any

from fhir_r4.offer import include_codes, offered_parameters
from fhir_r4.tiers import TIERS

CHART_TYPES: tuple[str, ...] = tuple(
    sorted(
        {
            *TIERS,
            # the resource types that US Core 6.1.0 profiles
            *("AllergyIntolerance", "CarePlan", "CareTeam", "Condition", "Coverage", "Device", "DiagnosticReport"),
            *("DocumentReference", "Encounter", "Goal", "Immunization", "Location", "Medication"),
            *("MedicationDispense", "MedicationRequest", "Observation", "Organization", "Patient", "Practitioner"),
            *("PractitionerRole", "Procedure", "Provenance", "QuestionnaireResponse", "RelatedPerson"),
            *("ServiceRequest", "Specimen"),
        }
    )
)
"""The resource types that a chart may hold."""

_ON_SYSTEM = ("transaction", "batch")
_DATE = "2026-03-01"  # changes with what this function says, not with the clock


def capability_statement(
    types: Iterable[str], interactions: Iterable[str], base: str, software_version: str
) -> dict[str, Any]:
    """types: resource types served, in order. interactions: codes such as `read`, `search-type`, `transaction`."""
    served, codes = tuple(types), tuple(interactions)
    referrers = _referrers(served)
    rest: dict[str, Any] = {"mode": "server", "resource": [_resource(name, referrers, codes) for name in served]}
    on_system = [{"code": code} for code in codes if code in _ON_SYSTEM]
    if on_system:
        rest["interaction"] = on_system
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _DATE,
        "kind": "instance",
        "software": {"name": "EHR Sandbox", "version": software_version},
        "implementation": {"description": "EHR Sandbox FHIR R4 server", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [rest],
    }


def _referrers(served: tuple[str, ...]) -> dict[str, list[str]]:
    """type -> what may refer to it, as `Observation:patient`"""
    found: dict[str, list[str]] = {}
    for name in served:
        for parameter in offered_parameters(name):
            if parameter.type == "reference":
                for target in parameter.targets:
                    found.setdefault(target, []).append(f"{name}:{parameter.code}")
    return found


def _resource(name: str, referrers: dict[str, list[str]], codes: tuple[str, ...]) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "type": name,
        "interaction": [{"code": code} for code in codes if code not in _ON_SYSTEM],
        "versioning": "versioned",
        "readHistory": "vread" in codes,
        "updateCreate": "update" in codes,
        "conditionalCreate": False,
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "referencePolicy": ["literal"],
    }
    if "search-type" in codes:
        resource["searchInclude"] = [f"{name}:{code}" for code in include_codes(name)]
        resource["searchRevInclude"] = referrers.get(name, [])
        resource["searchParam"] = [{"name": p.code, "type": p.type} for p in offered_parameters(name)]
    return {key: value for key, value in resource.items() if value != []}
