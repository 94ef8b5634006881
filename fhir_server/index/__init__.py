"""The indexes of one search parameter within one resource type, one file per kind."""

from fhir_server.index.dates import DateIndex
from fhir_server.index.keys import KeyIndex
from fhir_server.index.numbers import NumberIndex
from fhir_server.index.parameter import Narrow, ParameterIndex, PostedIndex, Test, narrowed
from fhir_server.index.strings import StringIndex, normalised
from fhir_server.index.tokens import TokenIndex

KINDS: dict[str, type[ParameterIndex]] = {
    "date": DateIndex,
    "number": NumberIndex,
    "quantity": NumberIndex,
    "reference": KeyIndex,
    "string": StringIndex,
    "token": TokenIndex,
    "uri": KeyIndex,
}
"""Parameter type -> its index; a type that is absent here is not indexed, and `fhir_r4.offer` does not offer it."""

__all__ = [
    "KINDS",
    "DateIndex",
    "KeyIndex",
    "Narrow",
    "NumberIndex",
    "ParameterIndex",
    "PostedIndex",
    "StringIndex",
    "Test",
    "TokenIndex",
    "narrowed",
    "normalised",
]
