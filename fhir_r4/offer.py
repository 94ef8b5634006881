"""What search is offered, and how everything else is refused: the one table for the engine, the gateway and metadata.

Adding a parameter type, a modifier or a result parameter to these tables offers it; the engine must then match it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from fhir_r4.problem import Invalid, MethodNotAllowed, Problem, Unsupported
from fhir_r4.rules import Rules
from fhir_r4.search_parameters import SearchParameter, search_parameters

MODIFIERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "_id": frozenset({"missing", "not"}),
        "composite": frozenset({"missing"}),
        "date": frozenset({"missing"}),
        "number": frozenset({"missing"}),
        "quantity": frozenset({"missing"}),
        "reference": frozenset({"missing"}),
        "string": frozenset({"contains", "exact", "missing"}),
        "token": frozenset({"above", "below", "in", "missing", "not", "not-in", "of-type", "text"}),
        "uri": frozenset({"above", "below", "missing"}),
    }
)
"""Parameter type, or _id -> modifiers; a reference also takes a type of its targets."""

RESULT_PARAMETERS = frozenset(
    {"_count", "_elements", "_format", "_include", "_offset", "_pretty", "_revinclude", "_sort", "_summary", "_total"}
)

LABELS = frozenset({"_profile", "_security", "_tag"})


def unknown_parameter(resource_type: str, code: str, rules: Rules, hapi: str = "HAPI-0524") -> Problem:
    known = ", ".join(search_parameters(resource_type, rules.guides))
    return Invalid(
        f'{hapi}: Unknown search parameter "{code}" for resource type "{resource_type}". '
        f"Valid search parameters for this search are: [{known}]",
        issue="processing",
    )


def require_offered(parameter: SearchParameter) -> None:
    """Raises Unsupported for a special parameter, Invalid for _source."""
    if parameter.code == "_source":
        raise Invalid("HAPI-1216: The _source parameter is disabled on this server", issue="processing")
    if parameter.type not in MODIFIERS:
        offered = ", ".join(sorted(MODIFIERS.keys() - {"_id"}))
        raise Unsupported(f"{parameter.code} is a {parameter.type} parameter; the types offered are {offered}")


def refuse_special(resource_type: str, code: str, rules: Rules) -> None:
    """Raises the refusal of a parameter that this server does not search by, whatever its value."""
    if code in ("_text", "_content"):
        raise Invalid(
            f"HAPI-1192: Fulltext search is not enabled on this service, can not process parameter: {code}",
            issue="processing",
        )
    if code == "_language":
        raise unknown_parameter(resource_type, code, rules, "HAPI-1223")


def refuse_contained(code: str, text: str) -> None:
    """Raises MethodNotAllowed, or Invalid for what is no value of _contained."""
    if code == "_contained" and text != "false":
        if text not in ("true", "both"):
            raise Invalid(f"HAPI-1963: Invalid contained mode: {text}", issue="processing")
        raise MethodNotAllowed(
            "HAPI-0984: Searching with _contained mode enabled is not enabled on this server", issue="processing"
        )


def require_modifier(parameter: SearchParameter, modifier: str, rules: Rules) -> str:
    """The modifier, empty if it is to be ignored. Raises Unsupported for one that is not known."""
    known = MODIFIERS["_id"] if parameter.code == "_id" else MODIFIERS[parameter.type]
    if not modifier or modifier in known:
        return modifier
    if rules.ignores_unknown_modifiers:
        return modifier if parameter.type == "composite" else ""
    offered = ", ".join(f":{name}" for name in sorted(known))
    raise Unsupported(f"the modifier :{modifier} is not offered for {parameter.code}; use {offered}")


def offered_parameters(resource_type: str, rules: Rules) -> tuple[SearchParameter, ...]:
    """The parameters that a search on this type may use, sorted by code."""
    every = search_parameters(resource_type, rules.guides).values()
    return tuple(p for p in every if p.type in MODIFIERS and p.code != "_source")


def include_codes(resource_type: str, rules: Rules) -> tuple[str, ...]:
    return tuple(p.code for p in offered_parameters(resource_type, rules) if p.type == "reference")
