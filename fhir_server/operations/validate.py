"""$validate: what is wrong with a resource, in a body or stored. https://hl7.org/fhir/R4/resource-operation-validate.html

Checked are its JSON, its mandatory elements and its values, by the R4 definitions; no invariants, codes and profiles.
"""

from collections.abc import Iterator
from typing import Any

from fhir_r4 import Invalid, NotFound, Request, Response, Unprocessable, is_resource_type, parse_exact
from fhir_server.answer import json_answer
from fhir_server.exact import dump
from fhir_server.interactions.read import version_answer
from fhir_server.operations.issues import Issue, issue_at, outcome_of
from fhir_server.operations.parameters import Asked, asked_of, content_of
from fhir_server.operations.placed import Placed, place
from fhir_server.operations.rules_of_resources import missing_issues
from fhir_server.operations.structure import structure_issues
from fhir_server.store import EpisodeStore

_DEFINITION = "http://hl7.org/fhir/StructureDefinition/"
_MODES = ("create", "update", "delete")
_NOTHING = 'HAPI-0992: No resource supplied for $validate operation (resource is required unless mode is "delete")'


def validate(store: EpisodeStore, request: Request, resource_type: str, id: str | None = None) -> Response:
    """200 with an OperationOutcome; 400 for a body that could not be read at all."""
    asked = asked_of(request)
    mode = asked.first("mode")
    if mode is not None and mode not in _MODES:
        raise Invalid(f'HAPI-0364: Invalid mode value: "{mode}"', issue="processing")
    if id is not None and request.method == "GET":
        return _stored(store, asked, resource_type, id)
    if mode == "delete":
        raise Invalid("HAPI-0991: No ID supplied. ID is required when validating with mode=DELETE", issue="processing")
    if request.method == "GET":
        raise Invalid(_NOTHING, issue="processing")
    node = content_of(request)
    resource = asked.resource if node["resourceType"] == "Parameters" else node
    if resource is None:
        raise Invalid(_NOTHING, issue="processing")
    _check_mode(mode, resource)
    assert request.body is not None
    return json_answer(outcome_of(_issues(request.body.decode(), asked.first("profile"))))


def _stored(store: EpisodeStore, asked: Asked, resource_type: str, id: str) -> Response:
    """Of the stored resource, as HAPI keeps it: without id and meta."""
    version = store.current(resource_type, id)
    if version is None:
        raise NotFound(f"HAPI-2001: Resource {resource_type}/{id} is not known", issue="processing")
    if version.is_gone:
        return version_answer(store, Request("GET", ""), f"{resource_type}/{id}", version)
    if asked.first("mode") == "delete":
        issue = {"severity": "information", "code": "informational", "diagnostics": "Ok to delete"}
        return json_answer({"resourceType": "OperationOutcome", "issue": [issue]})
    _check_mode(asked.first("mode"), {"id": id})
    node = {name: value for name, value in parse_exact(version.json).items() if name not in ("id", "meta")}
    return json_answer(outcome_of(_issues(dump(node).decode(), asked.first("profile"))))


def _check_mode(mode: str | None, resource: dict[str, Any]) -> None:
    if mode == "create" and "id" in resource:
        raise Unprocessable(
            "HAPI-0997: Resource has an ID - ID must not be populated for a FHIR create", issue="processing"
        )
    if mode == "update" and "id" not in resource:
        raise Unprocessable(
            "HAPI-0998: Resource has no ID - ID must be populated for a FHIR update", issue="processing"
        )


def _issues(text: str, profile: str | None) -> Iterator[Issue]:
    node = place(text)
    name = str(node.value["resourceType"].value)
    yield from structure_issues(node, name, name)
    yield from missing_issues(node, name, name)
    yield from _profile_issues(node, name, profile)


def _profile_issues(node: Placed, name: str, profile: str | None) -> Iterator[Issue]:
    """No profile but the definition of the type is known here."""
    if profile is None or profile == _DEFINITION + name:
        return
    if profile.startswith(_DEFINITION) and is_resource_type(profile.removeprefix(_DEFINITION)):
        text = (
            f"Specified profile type was '{profile.removeprefix(_DEFINITION)}' in profile '{profile}|4.0.1', "
            f"but found type '{name}'"
        )
        yield issue_at("error", text, name, node, "Validation_VAL_Profile_WrongType")
        return
    text = f"Invalid profile. Failed to retrieve profile with url={profile}"
    yield Issue("error", text, "", 0, 0, "Validation_VAL_Profile_Unknown")
