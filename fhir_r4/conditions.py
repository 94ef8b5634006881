"""The conditions that a search is made of, as data: one parameter, or others put together."""

from dataclasses import dataclass
from typing import NamedTuple

from fhir_r4.search_parameters import SearchParameter
from fhir_r4.search_values import Value


class Clause(NamedTuple):
    """One parameter has any of `values`, or is `missing`.

    modifier: as FHIR names them (`exact`, `contains`, `not`, `text`, `in`, `below`, ...), a type for a reference, and
    - `all`: one and the same of its values is each of `values` (two bounds of a date)
    - `other`: it has a value that is none of `values`
    - `unless`: as `not`, but nothing if no resource has one of `values` as its id
    - `type`: it refers to one of the types in `values`
    - `equal`, `unequal`, `ends`, `starts`, `gt`, `ge`, `lt`, `le`: comparisons of text in a _filter
    """

    parameter: SearchParameter
    modifier: str = ""
    values: tuple[Value, ...] = ()
    missing: bool | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """The parameter refers to a resource that meets one of `ends`: (its type, condition on it).

    excluded: it refers to a resource that meets none of them.
    """

    parameter: SearchParameter
    ends: tuple[tuple[str, "Condition"], ...]
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Has:
    """A resource of this type that meets the condition refers to it by the parameter."""

    resource_type: str
    parameter: SearchParameter
    condition: "Condition"


@dataclass(frozen=True, slots=True)
class Tied:
    """A composite: one and the same element of the resource has the values of any of `pairs`."""

    parameter: SearchParameter
    pairs: tuple[tuple[Clause, Clause], ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one; of none: anything."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one; of none: nothing."""

    conditions: tuple["Condition", ...]


Condition = Clause | Chain | Has | Tied | AllOf | AnyOf
ANYTHING, NOTHING = AllOf(()), AnyOf(())
