"""Prepares the reading of a parameter whose name comes again and again: only its values are new.

What is plain is read here, exactly as `clauses.read_condition` reads it; that function reads everything else.
"""

from collections.abc import Callable
from functools import partial

from fhir_r4.clauses import Reading, read_condition
from fhir_r4.conditions import Clause, Condition
from fhir_r4.elements import is_resource_type
from fhir_r4.offer import LABELS
from fhir_r4.search_parameters import SearchParameter
from fhir_r4.search_values import ReferenceValue, date_value, token_value

Reader = Callable[[str], Condition | None]


def reader_of(reading: Reading, resource_type: str, name: str) -> Reader:
    """Reads the text of this parameter. The name alone never raises."""
    slow: Reader = partial(read_condition, reading, resource_type, name)
    parameter = reading.known(resource_type).get(name)
    if parameter is None or name in LABELS:
        return slow
    if parameter.type == "reference":
        return _reference(parameter, slow)
    if parameter.type == "token":
        return _token(parameter, slow)
    if parameter.type == "date" and name != "_lastUpdated":
        return _date(reading, parameter, slow)
    return slow


def _reference(parameter: SearchParameter, slow: Reader) -> Reader:
    prefixes = [f"{name}/" for name in parameter.targets]

    def read(text: str) -> Condition | None:
        name, slash, id = text.partition("/")
        if slash:
            plain = id.isalnum() and id.isascii() and len(id) <= 64 and is_resource_type(name)
            keys: tuple[str, ...] = (text,)
        else:
            plain = name.isalnum()
            keys = (*[prefix + text for prefix in prefixes], text)
        return Clause(parameter, "", (ReferenceValue(keys),)) if plain else slow(text)

    return read


def _token(parameter: SearchParameter, slow: Reader) -> Reader:
    def read(text: str) -> Condition | None:
        if "," in text or "\\" in text or not text.strip():
            return slow(text)
        value = token_value(text)
        return Clause(parameter, "", (value,)) if value is not None else None

    return read


def _date(reading: Reading, parameter: SearchParameter, slow: Reader) -> Reader:
    rules, inner = reading.rules, reading.inner or parameter.is_added

    def read(text: str) -> Condition | None:
        if "," in text or "\\" in text or not text.strip():
            return slow(text)
        return Clause(parameter, "", (date_value(text, rules, inner),))

    return read
