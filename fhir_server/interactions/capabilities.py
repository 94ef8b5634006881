"""GET [base]/metadata. https://hl7.org/fhir/R4/http.html#capabilities"""

import hashlib
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import parse_qsl

import orjson

from fhir_r4 import Part, Request, Response, Rules, capability_statement, read_part, resource_types
from fhir_server.answer import CONTENT_TYPE
from fhir_server.operations import OPERATIONS, Operation
from fhir_server.store import EpisodeStore
from fhir_server.subset import cut_of

INTERACTIONS = (
    *("search-type", "update", "vread", "read", "patch", "history-type", "history-instance", "delete", "create"),
    *("transaction", "history-system"),
)
"""What is offered, by the names of the FHIR specification, in HAPI's order."""
CONDITIONS = ("conditionalCreate", "conditionalUpdate", "conditionalDelete")
PATCH_FORMATS = ("application/fhir+json", "application/json-patch+json")

_BASE = "{base}"
_OFFICIAL = {("everything", "Patient"): "http://hl7.org/fhir/OperationDefinition/Patient-everything"}
"""(operation, type) -> the one that HAPI lists by its definition in the specification."""


def capabilities(store: EpisodeStore, request: Request) -> Response:
    """All resource types, the interactions that are routed, the search and the operations that are offered."""
    body, id = _statement(request.query, store.rules)
    body = body.replace(_BASE.encode(), store.base.encode())
    place = f"{store.base}/CapabilityStatement/{id}"
    return Response(200, {"content-type": CONTENT_TYPE, "content-location": place}, body)


@lru_cache(maxsize=16)
def _statement(query: str, rules: Rules) -> tuple[bytes, str]:
    """(the statement, or the part of it that the query asks for; its id), with a mark instead of the base."""
    statement = capability_statement(
        resource_types(),
        INTERACTIONS,
        _BASE,
        software_version(),
        conditions=CONDITIONS,
        operations=_operations(),
        patch_formats=PATCH_FORMATS,
        rules=rules,
    )
    hexed = hashlib.sha256(orjson.dumps(statement)).hexdigest()
    id = f"{hexed[:8]}-{hexed[8:12]}-{hexed[12:16]}-{hexed[16:20]}-{hexed[20:32]}"
    body = orjson.dumps({"resourceType": "CapabilityStatement", "id": id} | statement)
    cut = cut_of(_part(query), "CapabilityStatement", "CapabilityStatement")
    return (cut(body) if cut is not None else body), id


def _part(query: str) -> Part:
    given: dict[str, list[str]] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        given.setdefault(name, []).append(text)
    return read_part(given)[1]


def _operations() -> dict[str, list[dict[str, str]]]:
    """By resource type, and under the empty name those of the system."""
    listed: dict[str, list[dict[str, str]]] = {"": []}
    for operation in OPERATIONS.values():
        if "system" in operation.levels:
            listed[""].append(_row(operation, ""))
        if operation.levels - {"system"}:
            for name in resource_types():
                if not operation.types or name in operation.types:
                    listed.setdefault(name, []).append(_row(operation, name))
    return listed


def _row(operation: Operation, resource_type: str) -> dict[str, str]:
    below = f"{_BASE}/OperationDefinition/{operation.definition}"
    row = {"name": operation.name, "definition": _OFFICIAL.get((operation.name, resource_type), below)}
    return row | ({"documentation": operation.documentation} if operation.documentation else {})


@cache
def software_version() -> str:
    try:
        return version("ehr-sandbox")
    except PackageNotFoundError:
        return "unreleased"
