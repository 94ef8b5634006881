"""The CapabilityStatement, derived from the tables that the server itself works by, in the shape of HAPI 8.8's."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from fhir_r4.offer import include_codes, offered_parameters
from fhir_r4.rules import GUIDES, HAPI, Rules
from fhir_r4.search_parameters import guide_parameters
from fhir_r4.search_results import referred_types
from fhir_r4.tables import table
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

_ON_SYSTEM = ("transaction", "batch", "history-system", "search-system")
_DATE = "2026-03-01"  # changes with what this function says, not with the clock
_CONDITIONS: Mapping[str, tuple[Any, Any]] = {
    "conditionalCreate": (True, False),
    "conditionalUpdate": (True, False),
    "conditionalDelete": ("multiple", "not-supported"),
}
"""What is said of an offered condition, and of one that is not."""

Operations = Mapping[str, list[dict[str, str]]]
"""Resource type, or empty for the system -> its operations, as the statement lists them."""


def capability_statement(
    types: Iterable[str],
    interactions: Iterable[str],
    base: str,
    software_version: str,
    *,
    conditions: Iterable[str] = (),
    operations: Operations | None = None,
    patch_formats: Iterable[str] = (),
    rules: Rules = HAPI,
) -> dict[str, Any]:
    """types: resource types served, in order. interactions: codes such as `read`, `search-type`, `transaction`.

    conditions: `conditionalCreate`, `conditionalUpdate`, `conditionalDelete`.
    """
    served, codes, named = tuple(types), tuple(interactions), operations or {}
    referrers = _referrers(served, rules)
    conditional = {name: pair[name not in set(conditions)] for name, pair in _CONDITIONS.items()}
    resources = [_resource(name, referrers, codes, conditional, named.get(name, []), rules) for name in served]
    rest: dict[str, Any] = {"mode": "server", "resource": resources}
    rest["interaction"] = [{"code": code} for code in codes if code in _ON_SYSTEM]
    rest["operation"] = list(named.get("", []))
    statement = {
        "resourceType": "CapabilityStatement",
        "text": {
            "status": "generated",
            "div": '<div xmlns="http://www.w3.org/1999/xhtml">EHR Sandbox</div>',
        },
        "name": "RestServer",
        "status": "active",
        "date": _DATE,
        "publisher": "Not provided",
        "kind": "instance",
        "software": {"name": "EHR Sandbox", "version": software_version},
        "implementation": {"description": "EHR Sandbox FHIR R4 server", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "patchFormat": list(patch_formats),
        "rest": [_without_empty(rest)],
    }
    return _without_empty(statement)


def _without_empty(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if value != []}


def _referrers(served: tuple[str, ...], rules: Rules) -> dict[str, list[str]]:
    """type -> what may refer to it, as `Observation:patient`"""
    found: dict[str, list[str]] = {}
    for name in served:
        for parameter in offered_parameters(name, rules):
            if parameter.type == "reference":
                for target in referred_types(name, parameter) or served:
                    found.setdefault(target, []).append(f"{name}:{parameter.code}")
    return found


def _resource(
    name: str,
    referrers: dict[str, list[str]],
    codes: tuple[str, ...],
    conditional: dict[str, Any],
    operations: list[dict[str, str]],
    rules: Rules,
) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "type": name,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{name}",
        "interaction": [{"code": code} for code in codes if code not in _ON_SYSTEM],
        "versioning": "versioned-update" if "update" in codes else "versioned",
        **conditional,
    }
    if "search-type" in codes:
        resource["searchInclude"] = ["*", *(f"{name}:{code}" for code in include_codes(name, rules))]
        resource["searchRevInclude"] = referrers.get(name, [])
        resource["searchParam"] = [_parameter(name, p.code, p.type) for p in offered_parameters(name, rules)]
        resource["searchParam"] += _WITHOUT_DEFINITION
    resource["operation"] = operations
    return _without_empty(resource)


_WITHOUT_DEFINITION = [
    {"name": "_filter", "type": "string", "documentation": "Search the contents of the resource's data using a filter"},
    {"name": "_has", "type": "string", "documentation": "Return resources linked to by the given target"},
]


def _parameter(resource_type: str, code: str, type: str) -> dict[str, str]:
    texts = _texts()
    names = ((name, code) for name in (resource_type, "DomainResource", "Resource"))
    url, description = next((texts[name] for name in names if name in texts), ("", ""))
    row = {"name": code, "definition": url, "type": type, "documentation": description}
    return {key: text for key, text in row.items() if text}


@cache
def _texts() -> Mapping[tuple[str, str], tuple[str, str]]:
    """(type, code) -> (canonical URL, description) of a search parameter."""
    rows = [(url, *row) for url, row in table("search-parameter-texts").items()]
    added = (node for guide in GUIDES for node in guide_parameters(guide))
    rows += [(node["url"], node["code"], node["base"], node["description"]) for node in added]
    return {(name, code): (url, text) for url, code, types, text in rows for name in types}
