"""The search parameters by resource type: the official ones of R4, and those that implementation guides add to them.

https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from fhir_r4.elements import require_resource_type
from fhir_r4.rules import GUIDES
from fhir_r4.tables import table


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """expression: the alternatives for this resource type, joined by ` | `. targets: types referred to.

    components: of a composite, (code of a parameter of this type, its expression below this one's). is_added: by an
    implementation guide, not by the specification.
    """

    code: str
    type: str
    expression: str
    targets: tuple[str, ...]
    components: tuple[tuple[str, str], ...] = ()
    is_added: bool = False


_COMMON = ("_id", "_lastUpdated", "_profile", "_security", "_source", "_tag")


@cache
def search_parameters(resource_type: str, guides: tuple[str, ...] = GUIDES) -> Mapping[str, SearchParameter]:
    """code -> parameter, sorted, with those common to all types. Raises NotFound for an unknown type.

    guides: whose parameters are known. A search asks with those of its rules; what is indexed serves all rules.
    """
    require_resource_type(resource_type)
    rows = table("search-parameters")
    common = {code: rows["Resource"][code] for code in _COMMON}
    own = {code: row for code, row in rows.get(resource_type, {}).items() if row[1]}
    official = {code: _parameter(code, row) for code, row in {**common, **own}.items()}
    nodes = [node for guide in guides for node in guide_parameters(guide) if resource_type in node["base"]]
    added = {node["code"]: _added(node) for node in nodes}
    return MappingProxyType(dict(sorted({**official, **added}.items())))


def guide_parameters(guide: str) -> tuple[dict[str, Any], ...]:
    """The SearchParameter resources of an implementation guide; callers do not change them."""
    return tuple(entry["resource"] for entry in table(f"{guide}-search-parameters")["entry"])


def _added(node: dict[str, Any]) -> SearchParameter:
    targets = tuple(sorted(node.get("target", ())))
    return SearchParameter(node["code"], node["type"], node["expression"], targets, is_added=True)


def _parameter(code: str, row: list[object]) -> SearchParameter:
    kind, expression, targets, components = (*row, []) if len(row) == 3 else row
    assert isinstance(targets, list)
    assert isinstance(components, list)
    return SearchParameter(code, str(kind), str(expression), tuple(targets), tuple((a, b) for a, b in components))
