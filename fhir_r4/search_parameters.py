"""The official R4 search parameters by resource type. https://hl7.org/fhir/R4/searchparameter-registry.html"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from fhir_r4.elements import require_resource_type
from fhir_r4.tables import table


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """expression: the alternatives for this resource type, joined by ` | `. targets: types referred to.

    components: of a composite, (code of a parameter of this type, its expression below this one's).
    """

    code: str
    type: str
    expression: str
    targets: tuple[str, ...]
    components: tuple[tuple[str, str], ...] = ()


_COMMON = ("_id", "_lastUpdated", "_profile", "_security", "_source", "_tag")


@cache
def search_parameters(resource_type: str) -> Mapping[str, SearchParameter]:
    """code -> parameter, sorted, with those common to all types. Raises NotFound for an unknown type."""
    require_resource_type(resource_type)
    rows = table("search-parameters")
    common = {code: rows["Resource"][code] for code in _COMMON}
    own = {code: row for code, row in rows.get(resource_type, {}).items() if row[1]}
    return MappingProxyType(
        {code: _parameter(code, row) for code, row in sorted({**common, **own}.items())},
    )


def _parameter(code: str, row: list[object]) -> SearchParameter:
    kind, expression, targets, components = (*row, []) if len(row) == 3 else row
    assert isinstance(targets, list)
    assert isinstance(components, list)
    return SearchParameter(code, str(kind), str(expression), tuple(targets), tuple((a, b) for a, b in components))
