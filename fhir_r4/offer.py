"""What search is offered, and how everything else is refused: the one table for the engine, the gateway and metadata.

Adding a parameter type, a modifier or a result parameter to these tables offers it; the engine must then match it.
"""

from fhir_r4.elements import is_resource_type
from fhir_r4.problem import Invalid, MethodNotAllowed, Problem, Unsupported
from fhir_r4.search_parameters import SearchParameter, search_parameters

MODIFIERS: dict[str, frozenset[str]] = {
    "date": frozenset({"missing"}),
    "number": frozenset({"missing"}),
    "quantity": frozenset({"missing"}),
    "reference": frozenset({"missing"}),
    "string": frozenset({"contains", "exact", "missing"}),
    "token": frozenset({"missing", "not"}),
    "uri": frozenset({"missing"}),
}
"""Parameter type -> modifiers; a reference also takes a type of its targets."""

RESULT_PARAMETERS = frozenset(
    {"_count", "_elements", "_format", "_include", "_pretty", "_revinclude", "_sort", "_summary", "_total"}
)
SUMMARIES = frozenset({"count", "false"})
CHAIN_DEPTH = 1

_NOT_OFFERED = frozenset(
    {"_content", "_filter", "_has", "_language", "_list", "_offset", "_query", "_source", "_text", "_getpages"}
)


def unknown_parameter(resource_type: str, code: str) -> Problem:
    known = ", ".join(search_parameters(resource_type))
    return Invalid(
        f'HAPI-0524: Unknown search parameter "{code}" for resource type "{resource_type}". '
        f"Valid search parameters for this search are: [{known}]",
        issue="processing",
    )


def require_parameter(resource_type: str, code: str) -> SearchParameter:
    """The parameter, or Invalid if there is none, or Unsupported if its type is not offered."""
    parameter = search_parameters(resource_type).get(code)
    if code in _NOT_OFFERED:
        raise Unsupported(f"{code} is not offered; search by {resource_type}'s own parameters")
    if parameter is None:
        raise unknown_parameter(resource_type, code)
    if parameter.type not in MODIFIERS:
        offered = ", ".join(sorted(MODIFIERS))
        raise Unsupported(f"{code} is a {parameter.type} parameter; the types offered are {offered}")
    return parameter


def is_ignored(code: str) -> bool:
    """HAPI ignores parameters that start with _ and that it does not know."""
    return code.startswith("_") and code not in _NOT_OFFERED


def refuse_contained(code: str) -> None:
    if code in ("_contained", "_containedType"):
        raise MethodNotAllowed(
            "HAPI-0984: Searching with _contained mode enabled is not enabled on this server", issue="processing"
        )


_LABELS = frozenset({"_profile", "_security", "_tag"})


def require_label_code(parameter: SearchParameter, text: str) -> None:
    """Raises Invalid for a tag or security label by system alone, as HAPI does."""
    if parameter.code in _LABELS and text.endswith("|"):
        raise Invalid(
            f"HAPI-1218: Missing {parameter.code} parameter (must supply a value/code and not just a system): {text}",
            issue="processing",
        )


def require_modifier(parameter: SearchParameter, modifier: str) -> None:
    """Raises Unsupported, or Invalid for a reference, whose modifier must be missing or a type."""
    if parameter.code in _LABELS and modifier == "missing":
        raise Unsupported(f"{parameter.code}:missing is not offered (HAPI ignores it)")
    if not modifier or modifier in MODIFIERS[parameter.type]:
        return
    offered = ", ".join(f":{name}" for name in sorted(MODIFIERS[parameter.type]))
    if parameter.type == "reference":
        if is_resource_type(modifier):
            return
        raise Invalid(
            f'Unsupported search modifier ":{modifier}" for {parameter.code}; use {offered} or a type, as :Patient',
            issue="processing",
        )
    raise Unsupported(f"the modifier :{modifier} is not offered for {parameter.code}; use {offered}")


def offered_parameters(resource_type: str) -> tuple[SearchParameter, ...]:
    """The parameters that a search on this type may use, sorted by code."""
    every = search_parameters(resource_type).values()
    return tuple(p for p in every if p.type in MODIFIERS and p.code not in _NOT_OFFERED)


def include_codes(resource_type: str) -> tuple[str, ...]:
    return tuple(p.code for p in offered_parameters(resource_type) if p.type == "reference")
