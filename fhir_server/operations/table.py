"""Every operation that is offered, one row each; any other is refused as HAPI refuses what it does not know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fhir_r4 import MethodNotAllowed, Request, Response
from fhir_server.answer import problem_answer
from fhir_server.operations.counts import resource_counts
from fhir_server.operations.difference import difference
from fhir_server.operations.everything import everything_of
from fhir_server.operations.labels import meta, meta_add, meta_delete
from fhir_server.operations.lastn import lastn
from fhir_server.operations.validate import validate
from fhir_server.refusal import not_understood
from fhir_server.store import EpisodeStore

Function = Callable[..., Response]
"""Called with the store, the request, and of resource type, id and version what the path names."""

LEVELS = ("system", "type", "instance", "version")


@dataclass(frozen=True, slots=True)
class Operation:
    """types: that have it at the type level and below; empty for all. methods: as HAPI lists them.

    definition: the id that HAPI gives the OperationDefinition. documentation: what its CapabilityStatement says of it.
    """

    name: str
    levels: frozenset[str]
    methods: tuple[str, ...]
    function: Function
    definition: str
    documentation: str = ""
    types: frozenset[str] = frozenset()
    changes: bool = False


_DIFF = (
    "This operation examines two resource versions (can be two versions of the same resource, or two different "
    "resources) and generates a FHIR Patch document showing the differences."
)
_COUNTS = "Provides the number of resources currently stored on the server, broken down by resource type"
_META = "Request a list of tags, profiles, and security labels for a specfic resource instance"
_META_ADD = "Add tags, profiles, and/or security labels to a resource"
_META_DELETE = "Delete tags, profiles, and/or security labels from a resource"


def _row(
    definition: str,
    levels: str,
    methods: str,
    function: Function,
    documentation: str = "",
    *,
    types: str = "",
    changes: bool = False,
) -> Operation:
    """definition: ends in the name, `Multi-i-meta-add`."""
    _, _, name = definition.split("-", 2)
    offered = frozenset(types.split())
    return Operation(
        name,
        frozenset(levels.split()),
        tuple(methods.split()),
        function,
        definition,
        documentation,
        offered,
        changes,
    )


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        row.name: row
        for row in (
            _row("Global-is-diff", "system instance", "POST GET", difference, _DIFF),
            _row(
                "EncounterPatient-it-everything", "type instance", "POST GET", everything_of, types="Encounter Patient"
            ),
            _row("-s-get-resource-counts", "system", "POST GET", resource_counts, _COUNTS),
            _row("Observation-t-lastn", "type", "POST GET", lastn, types="Observation"),
            _row("Multi-its-meta", "system type instance version", "POST GET", meta, _META),
            _row("Multi-i-meta-add", "instance version", "POST", meta_add, _META_ADD, changes=True),
            _row("Multi-i-meta-delete", "instance version", "POST", meta_delete, _META_DELETE, changes=True),
            _row("Multi-it-validate", "type instance", "POST GET", validate),
        )
    }
)


def operate(store: EpisodeStore, request: Request, *arguments: str) -> Response:
    """arguments: what the path names (see `fhir_server.place`), the last one the operation with its `$`.

    405 with the methods that are allowed for any other. Raises Invalid for an operation that is not offered there.
    """
    operation = _offered(arguments)
    if operation is None:
        raise not_understood(request)
    if request.method not in operation.methods:
        return _not_allowed(request.method, operation.methods)
    return operation.function(store, request, *arguments[:-1])


def _offered(arguments: tuple[str, ...]) -> Operation | None:
    operation = OPERATIONS.get(arguments[-1].removeprefix("$"))
    if operation is None or LEVELS[len(arguments) - 1] not in operation.levels:
        return None
    return operation if not operation.types or arguments[0] in operation.types else None


def _not_allowed(method: str, allowed: tuple[str, ...]) -> Response:
    code = "HAPI-0427" if len(allowed) > 1 else "HAPI-0426"
    text = f"{code}: HTTP Method {method} is not allowed for this operation. Allowed method(s): {', '.join(allowed)}"
    return problem_answer(MethodNotAllowed(text, issue="processing"), {"allow": ",".join(allowed)})
