"""Which elements a summary of a resource shows, and which it must have. https://hl7.org/fhir/R4/search.html#summary"""

from functools import cache

from fhir_r4.tables import table


@cache
def summary_elements(type_name: str) -> frozenset[str]:
    """The elements of a resource, data or backbone type that `_summary=true` shows, by JSON name."""
    return _listed(type_name, 0)


@cache
def mandatory_elements(type_name: str) -> frozenset[str]:
    """The elements that must be there; every form of a mandatory choice."""
    return _listed(type_name, 1)


def _listed(type_name: str, column: int) -> frozenset[str]:
    found: set[str] = set()
    name = type_name
    while name:
        found.update(table("summaries").get(name, ([], []))[column])
        name = table("elements").get(name, {}).get("base", "")
    return frozenset(found)
