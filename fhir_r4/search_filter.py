"""Reads `_filter` into conditions, as HAPI 8.8 does: `and` and `or` bind alike and to the right, there is no `not`.

https://hl7.org/fhir/R4/search_filter.html
"""

import re

from fhir_r4.clauses import Reading, read_condition
from fhir_r4.conditions import NOTHING, AllOf, AnyOf, Clause, Condition
from fhir_r4.limits import check_names
from fhir_r4.offer import require_offered, unknown_parameter
from fhir_r4.problem import Invalid, TooCostly, Unsupported
from fhir_r4.search_parameters import SearchParameter
from fhir_r4.search_values import split_list

_MOST_TERMS = 100
_OPERATIONS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le", "pr", "po", "ss", "sb", "in", "re"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:\-]*")
_NUMBER_OR_DATE = re.compile(r"\d[\d.\-:+T]*")
_TOKEN = re.compile(r"[^\s)\]]+")
_SPACE = re.compile(r"\s*")
_ESCAPES = {'"': '"', "t": "\t", "r": "\r", "n": "\n"}


def read_filter(reading: Reading, resource_type: str, text: str) -> Condition:
    """Raises Invalid for a malformed expression and for an operation that its parameter does not take."""
    parts = split_list(text)
    parser = _Parser(parts[0] if parts else "", reading.within(), resource_type)
    found = parser.expression()
    if parser.peek():
        raise parser.error("1056", f"Expression did not terminate at {parser.at}")
    return found


class _Parser:
    """Walks the text; `at` is the next letter."""

    def __init__(self, text: str, reading: Reading, resource_type: str) -> None:
        self.text, self.reading, self.resource_type = text, reading, resource_type
        self.at = 0
        self.depth = 0
        self.terms: list[str] = []

    def error(self, code: str, why: str) -> Invalid:
        return Invalid(f"HAPI-1221: Error parsing _filter syntax: HAPI-{code}: {why}", issue="processing")

    def peek(self) -> str:
        """The next letter that is no space; empty at the end."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def take(self, pattern: re.Pattern[str], what: str) -> str:
        self.peek()
        match = pattern.match(self.text, self.at)
        if match is None:
            raise self.error("1065", f"{what} expected at {self.at}")
        self.at = match.end()
        return match[0]

    def expression(self) -> Condition:
        self.depth += 1
        if self.depth > _MOST_TERMS:
            raise TooCostly(f"a _filter of more than {_MOST_TERMS} terms and brackets is too large")
        if self.peek() != "(":
            return self.more(self.comparison())
        self.at += 1
        grouped = self.expression()
        if self.peek() != ")":
            raise self.error("1057", f"Expected ')' at {self.at}")
        self.at += 1
        return self.more(grouped)

    def more(self, left: Condition) -> Condition:
        """What follows a comparison or a group, if anything."""
        if self.peek() in ("", ")", "]"):
            return left
        word = self.take(_NAME, "and or or")
        if word == "not":
            raise Invalid("HAPI-1205: Don't know how to handle operation not", issue="processing")
        if word not in ("and", "or"):
            raise self.error("1059", f"Unexpected Name {word} at {self.at}")
        right = self.expression()
        return AllOf((left, right)) if word == "and" else AnyOf((left, right))

    def comparison(self) -> Condition:
        name = self.take(_NAME, "the name of a search parameter")
        if name == "not":
            raise self.error("1056", f"Expression did not terminate at {self.at}")
        chain = ""
        while self.peek() == ".":
            self.at += 1
            chain += "." + self.take(_NAME, "a name")
        self.terms.append(name + chain)
        check_names(self.terms)
        if self.peek() == "[":
            raise Unsupported("brackets in a _filter are not offered")
        operation = self.take(_NAME, "an operation")
        if operation not in _OPERATIONS:
            raise self.error("1064", f"Unknown operation {operation} at {self.at}")
        value = self.value()
        if operation == "pr" and value not in ("true", "false"):
            raise self.error("1066", f"Value {value} not valid for operation pr at {self.at}")
        return _compared(self.reading, self.resource_type, name, chain, operation, value)

    def value(self) -> str:
        first = self.peek()
        if first == '"':
            return self.string()
        return self.take(_NUMBER_OR_DATE if first.isdigit() else _TOKEN, "a value")

    def string(self) -> str:
        self.at += 1
        letters: list[str] = []
        while (letter := self.text[self.at : self.at + 1]) != '"':
            if not letter:
                raise self.error("1054", f"Problem with string termination at {self.at}")
            if letter == "\\":
                self.at += 1
                letter = _ESCAPES.get(self.text[self.at : self.at + 1], "")
                if not letter:
                    raise self.error("1053", f"Unknown escape sequence at {self.at}")
            letters.append(letter)
            self.at += 1
        if not letters:
            raise self.error("1055", f"Problem with string at {self.at} cannot be empty")
        self.at += 1
        return "".join(letters)


_WORDS = {"eq": "equal", "ne": "unequal", "co": "contains", "sw": "", "ew": "ends"}
_PREFIXED = ("eq", "ne", "gt", "ge", "lt", "le")


def _compared(reading: Reading, resource_type: str, name: str, chain: str, operation: str, value: str) -> Condition:
    parameter = reading.known(resource_type).get(name)
    if parameter is None:
        raise unknown_parameter(resource_type, name, reading.rules, "HAPI-1206")
    if parameter.type == "special" or (parameter.code.startswith("_") and parameter.code not in ("_id", "_source")):
        return NOTHING
    require_offered(parameter)
    if parameter.type == "composite":
        raise Invalid(
            "HAPI-1207: Composite search parameters not currently supported with _filter clauses", issue="processing"
        )
    if parameter.type in ("date", "number", "quantity"):
        return _ordered(reading, resource_type, parameter, operation, value)
    found = read_condition(reading, resource_type, name + chain, value.replace(",", "\\,"))
    if not isinstance(found, Clause):
        return found or NOTHING
    return found._replace(modifier=_modifier(parameter, operation))


def _ordered(reading: Reading, resource_type: str, parameter: SearchParameter, operation: str, value: str) -> Condition:
    if operation not in _PREFIXED:
        if parameter.type == "date":
            raise Invalid(f"HAPI-1255: Unsupported operator specified, operator={operation}", issue="processing")
        raise Invalid(
            f'HAPI-1235: Unable to handle {parameter.type} prefix "{operation}" for value: {value}'
            + ("||" if parameter.type == "quantity" and "|" not in value else ""),
            issue="processing",
        )
    return read_condition(reading, resource_type, parameter.code, operation + value) or NOTHING


def _modifier(parameter: SearchParameter, operation: str) -> str:
    """The modifier of a clause that stands for an operation. Raises Invalid if the parameter does not take it."""
    if parameter.code == "_id":
        return "not" if operation == "ne" else ""
    if parameter.type == "token":
        return "other" if operation == "ne" else ""
    if parameter.type == "reference":
        if operation not in ("eq", "ne"):
            raise Invalid(
                "HAPI-1212: Invalid operator specified for reference predicate.  Supported operators for reference "
                'predicate are "eq" and "ne".',
                issue="processing",
            )
        return "other" if operation == "ne" else ""
    if operation not in _WORDS and operation not in _PREFIXED:
        code = (
            "HAPI-1226: Unsupported operator specified in _filter clause,"
            if parameter.type == "uri"
            else ("HAPI-1261: Don't yet know how to handle operation")
        )
        raise Invalid(f"{code} {operation}", issue="processing")
    if parameter.type == "uri" and operation in ("eq", "sw"):
        return "below" if operation == "sw" else ""
    return _WORDS.get(operation, operation)
