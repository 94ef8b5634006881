"""Reads one search parameter, `name=text`, into a condition: modifiers, chains, _has, composites, labels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from fhir_r4.conditions import ANYTHING, NOTHING, AllOf, AnyOf, Chain, Clause, Condition, Has, Tied
from fhir_r4.elements import choices, is_resource_type, resource_types
from fhir_r4.offer import LABELS, MODIFIERS, require_modifier, require_offered, unknown_parameter
from fhir_r4.problem import Invalid, MethodNotAllowed, Unsupported
from fhir_r4.rules import Rules
from fhir_r4.search_parameters import SearchParameter, search_parameters
from fhir_r4.search_values import (
    LONGEST_TEXT,
    ReferenceValue,
    TextValue,
    TokenValue,
    Value,
    read_value,
    read_values,
    split_composite,
    split_list,
    text_value,
    token_value,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a condition is read by. searched: the type that the whole search is for.

    inner: it is part of another condition. chained: it is a later step of a chain, or of _has.
    """

    searched: str
    rules: Rules
    inner: bool = False
    chained: bool = False
    unknown_modifiers: tuple[str, ...] = ()
    """All of the search that no server knows, as `:bogus`: HAPI names them together."""

    def known(self, resource_type: str) -> Mapping[str, SearchParameter]:
        """code -> parameter"""
        return search_parameters(resource_type, self.rules.guides)

    def within(self) -> "Reading":
        return self if self.inner else replace(self, inner=True)

    def beyond(self) -> "Reading":
        return self if self.chained else replace(self, inner=True, chained=True)


def read_condition(reading: Reading, resource_type: str, name: str, text: str) -> Condition | None:
    """None if it filters nothing. Raises Invalid, Unsupported or MethodNotAllowed."""
    code, qualifier = split_name(name)
    if code == "_has":
        return _has(reading, resource_type, qualifier, text)
    parameter = reading.known(resource_type).get(code)
    if parameter is None:
        raise unknown_parameter(resource_type, code, reading.rules)
    require_offered(parameter)
    if parameter.type == "reference":
        modifier, dot, chain = qualifier.removeprefix(":").partition(".")
        if dot:
            return _chain(reading, resource_type, parameter, modifier, chain, text)
        return _reference(reading, resource_type, parameter, modifier, text)
    if qualifier[:1] == ".":
        named = code + qualifier * (2 if parameter.is_added else 1)
        raise Invalid(
            f'HAPI-1935: Invalid search parameter "{named}". Parameter contains a chain ({qualifier}) and '
            "chains are not supported for this parameter (chaining is only allowed on reference parameters)",
            issue="processing",
        )
    if parameter.code in LABELS and reading.rules.refuses_label_systems:
        return _label(parameter, qualifier[1:], text, reading.rules)
    modifier = require_modifier(parameter, qualifier[1:], reading.rules)
    return _READERS.get(parameter.type, _plain)(reading, resource_type, parameter, modifier, text)


def split_name(name: str) -> tuple[str, str]:
    """The code, and what follows it from the first colon or dot on."""
    for at, letter in enumerate(name):
        if letter in ":.":
            return name[:at], name[at:]
    return name, ""


def _plain(
    reading: Reading, resource_type: str, parameter: SearchParameter, modifier: str, text: str
) -> Condition | None:
    if modifier == "missing":
        return _missing(parameter, text, reading.rules)
    values = read_values(parameter, modifier, text, reading.rules, reading.inner)
    return Clause(parameter, modifier, values) if values else None


def _missing(parameter: SearchParameter, text: str, rules: Rules) -> Condition | None:
    if parameter.code == "_lastUpdated" and rules.ignores_missing_labels:
        return None
    if parameter.code == "_id" and rules.negates_all_ids:
        return NOTHING
    if text not in ("true", "false") and not rules.ignores_unknown_modifiers:
        raise Invalid(f"{parameter.code}:missing takes true or false, not {text!r}", issue="processing")
    return Clause(parameter, "missing", missing=split_list(text)[:1] == ["true"])


def _string(
    reading: Reading, resource_type: str, parameter: SearchParameter, modifier: str, text: str
) -> Condition | None:
    for part in split_list(text) if len(text) > LONGEST_TEXT else ():
        if len(part) > LONGEST_TEXT:
            raise Invalid(
                f"HAPI-1260: Parameter[{parameter.code}] has length ({len(part)}) that is longer than maximum allowed "
                f"({LONGEST_TEXT}): {part}",
                issue="processing",
            )
    return _plain(reading, resource_type, parameter, modifier, text)


# -- tokens ------------------------------------------------------------------------------------------------------------


def _token(
    reading: Reading, resource_type: str, parameter: SearchParameter, modifier: str, text: str
) -> Condition | None:
    if modifier == "of-type" and text:
        raise MethodNotAllowed("HAPI-2012: The :of-type modifier is not enabled on this server", issue="processing")
    if modifier in ("in", "not-in", "text"):
        rules = reading.rules
        texts = tuple(text_value(part, rules) if modifier == "text" else TextValue(part) for part in split_list(text))
        return Clause(parameter, modifier, texts) if texts else None
    if modifier in ("above", "below"):
        return _related(resource_type, parameter, text)
    return _plain(reading, resource_type, parameter, modifier, text)


def _related(resource_type: str, parameter: SearchParameter, text: str) -> Condition | None:
    """:above and :below. The code systems that are known here are flat: a code is above and below itself alone."""
    given = [value for part in split_list(text) if (value := token_value(part)) is not None]
    bound = _bound_systems(resource_type, parameter)
    found: list[Value] = []
    for value in given:
        system = value.system or bound.get(value.code or "", "")
        if not value.code:
            raise Invalid(
                f"HAPI-1239: Invalid token specified for parameter {parameter.code} - No system specified: "
                f"{value.system}|(missing)",
                issue="processing",
            )
        if not system:
            raise Invalid(
                f"HAPI-1240: Invalid token specified for parameter {parameter.code} - No code specified: "
                f"(missing)|{value.code}",
                issue="processing",
            )
        if bound.get(value.code) == system:
            found.append(TokenValue(system, value.code))
    return Clause(parameter, "", tuple(found)) if found else NOTHING if given else None


def _bound_systems(resource_type: str, parameter: SearchParameter) -> Mapping[str, str]:
    """code -> system, if the parameter is a plain path to an element that only some codes are allowed in."""
    types = [resource_type]
    for step in parameter.expression.split(".")[1:]:
        found = [element for name in types for element in choices(name, step)]
        types = [element.type for element in found]
        if len(found) == 1 and found[0].codes is not None:
            return found[0].codes
    return MappingProxyType({})


_LABEL_MODIFIERS = {("token", "not"): "not", ("token", "below"): "starts", ("uri", "below"): "below"}


def _label(parameter: SearchParameter, modifier: str, text: str, rules: Rules) -> Condition | None:
    """A tag, a security label or a profile, as HAPI compares it: by its code, and its system if there is one."""
    if modifier == "missing":
        return None
    values = [value for part in split_list(text) if (value := read_value(parameter, "", part, rules)) is not None]
    first = values[0] if values else None
    if isinstance(first, TokenValue) and not first.code:
        raise Invalid(
            f"HAPI-1218: Missing {parameter.code} parameter (must supply a value/code and not just a system): "
            f"{split_list(text)[0]}",
            issue="processing",
        )
    kept = tuple(
        value._replace(system=value.system or None) if isinstance(value, TokenValue) else value
        for value in values
        if not isinstance(value, TokenValue) or value.code
    )
    kind = _LABEL_MODIFIERS.get((parameter.type, modifier), "")
    return Clause(parameter, kind, kept) if kept else None


# -- references --------------------------------------------------------------------------------------------------------


def _reference(
    reading: Reading, resource_type: str, parameter: SearchParameter, modifier: str, text: str
) -> Condition | None:
    if modifier == "missing":
        return _missing(parameter, text, reading.rules)
    parts = split_list(text)
    if not parts:
        return None
    if modifier and not is_resource_type(modifier):
        raise _bad_reference(reading, resource_type, modifier)
    values = tuple(read_value(parameter, modifier, part, reading.rules) for part in parts)
    for value in values:
        assert isinstance(value, ReferenceValue)
        for key in value.keys[:1]:
            name, slash, id = key.partition("/")
            if slash and id and "/" not in id and ":" not in key and not is_resource_type(name):
                raise _bad_reference(reading, resource_type, name)
    return Clause(parameter, modifier, tuple(value for value in values if value is not None))


_KNOWN_MODIFIERS = ("contains", "exact", "in", "iterate", "missing", "not-in", "of-type", "recurse", "text")


def _bad_reference(reading: Reading, resource_type: str, name: str) -> Invalid:
    """name: a modifier or the type in a value. HAPI rather names the modifiers of the search that it does not know."""
    if not reading.unknown_modifiers:
        return _unknown_type(name)
    known = ", ".join(f":{name}" for name in _KNOWN_MODIFIERS)
    return Invalid(
        f'HAPI-2498: Unsupported search modifier(s): "[{", ".join(reading.unknown_modifiers)}]" for resource type '
        f'"{resource_type}". Valid search modifiers are: [{known}]',
        issue="processing",
    )


def unknown_modifiers(names: list[str]) -> tuple[str, ...]:
    """What follows the last colon of each parameter of a search, if it is none of the modifiers that HAPI knows."""
    found = (name.rpartition(":")[2] for name in names if ":" in name)
    return tuple(dict.fromkeys(f":{name}" for name in found if name not in _KNOWN_MODIFIERS))


def _unknown_type(name: str) -> Invalid:
    return Invalid(f'HAPI-1250: Invalid/unsupported resource type: "{name}"', issue="processing")


_ON_EVERY_TYPE = frozenset({"_id", "_lastUpdated", "_profile", "_security", "_source", "_tag", "_has"})


def _chain(
    reading: Reading, resource_type: str, parameter: SearchParameter, modifier: str, chain: str, text: str
) -> Condition | None:
    if not split_list(text):
        return None
    if modifier and not is_resource_type(modifier):
        raise _unknown_type(modifier)
    if reading.chained and not modifier and reading.rules.reads_types_in_chained_values:
        modifier = _type_in(split_list(text)[0])
    types = (modifier,) if modifier else parameter.targets or resource_types()
    if chain == "_type":
        return _of_type(resource_type, parameter, types, text)
    named = f"{parameter.code}.{chain}"
    head, dot, _ = chain.partition(".")
    code, qualifier = split_name(head)
    held = [name for name in types if code in _ON_EVERY_TYPE or code in reading.known(name)]
    if not held:
        raise Invalid(f"HAPI-1243: Invalid parameter chain: {named}", issue="processing")
    if dot:
        held = [name for name in held if _is_reference(reading, name, code)]
        if not held:
            raise Invalid(f"HAPI-1242: Invalid parameter chain: {named}", issue="processing")
    elif qualifier == ":missing" and reading.rules.asks_source_for_chained_missing:
        return _missing_in_source(reading, parameter, code, text)
    elif code == "_id":
        return _by_id(reading.rules, parameter, held, text, bool(modifier))
    return _ends(reading, parameter, held, chain, text)


def _is_reference(reading: Reading, resource_type: str, code: str) -> bool:
    parameter = reading.known(resource_type).get(code)
    return parameter is not None and parameter.type == "reference"


def _of_type(resource_type: str, parameter: SearchParameter, types: tuple[str, ...], text: str) -> Condition:
    if not is_resource_type(text):
        raise _unknown_type(text)
    if text not in types:
        raise Invalid(
            f'HAPI-2495: Resource type "{text}" is not a valid target type for reference search parameter: '
            f"{resource_type}:{parameter.code}",
            issue="processing",
        )
    return Clause(parameter, "type", (TextValue(text),))


def _type_in(text: str) -> str:
    """The type before the last slash, empty without a slash. Raises Invalid if that is no type."""
    before, slash, last = text.rpartition("/")
    name = last if before.count("/") == 2 and before[-1:] != "/" and "//" in before else before.rpartition("/")[2]
    if not slash or not name or text.startswith("urn:"):
        return ""
    if not is_resource_type(name):
        raise _unknown_type(name)
    return name


def _by_id(rules: Rules, parameter: SearchParameter, types: list[str], text: str, typed: bool) -> Condition:
    """HAPI finds an id at the end of a chain only with its type: `subject:Patient._id=a`, `subject._id=Patient/a`."""
    ids = [id for id in split_list(text) if typed or "/" in id or rules.finds_chained_ids]
    keys = [(id,) if "/" in id else tuple(f"{name}/{id}" for name in types) for id in ids]
    return Clause(parameter, "", tuple(map(ReferenceValue, keys))) if keys else NOTHING


def _missing_in_source(reading: Reading, parameter: SearchParameter, code: str, text: str) -> Condition:
    source = reading.known(reading.searched).get(code)
    linked = Clause(parameter, "missing", missing=False)
    missing = text == "true"
    if source is None:
        if any(_is_reference(reading, name, code) for name in parameter.targets):
            raise _unknown_name(reading.searched, code)
        return linked if missing else NOTHING
    return AllOf((linked, Clause(source, "missing", missing=missing)))


def _ends(reading: Reading, parameter: SearchParameter, types: list[str], chain: str, text: str) -> Condition | None:
    ends = [(name, read_condition(reading.beyond(), name, chain, text)) for name in types]
    kept = [(name, end) for name, end in ends if end is not None]
    if not kept:
        return None
    if all(isinstance(end, Clause) and end.modifier == "not" for _, end in kept):
        positive = tuple((name, end._replace(modifier="")) for name, end in kept if isinstance(end, Clause))
        return Chain(parameter, positive, excluded=True)
    return Chain(parameter, tuple(kept))


# -- _has --------------------------------------------------------------------------------------------------------------


def _has(reading: Reading, resource_type: str, qualifier: str, text: str) -> Condition:
    """qualifier: `:Observation:patient:code`"""
    parts = qualifier[1:].split(":", 2) if qualifier[:1] == ":" else []
    if len(parts) < 3:
        raise Invalid(f"HAPI-1942: Invalid _has parameter syntax: {qualifier or '_has'}", issue="processing")
    source, code, name = parts
    if not is_resource_type(source):
        raise Invalid(f"HAPI-1208: Invalid resource type: {source}", issue="processing")
    end = name.partition(".")[0]
    if not name.startswith("_has:") and end != "_id":
        known = split_name(end)[0] if reading.rules.has_takes_modifiers else end
        if known not in reading.known(source):
            raise _unknown_name(source, end)
    reference = reading.known(source).get(code)
    if reference is None:
        raise _unknown_name(source, code)
    if reference.type != "reference":
        return NOTHING
    return Has(source, reference, read_condition(reading.beyond(), source, name, text) or ANYTHING)


def _unknown_name(resource_type: str, code: str) -> Invalid:
    return Invalid(f"HAPI-1209: Unknown parameter name: {resource_type}:{code}", issue="processing")


# -- composites --------------------------------------------------------------------------------------------------------


def _composite(
    reading: Reading, resource_type: str, parameter: SearchParameter, modifier: str, text: str
) -> Condition | None:
    known = reading.known(resource_type)
    sides = [known[code] for code, _ in parameter.components]
    pairs = [_pair(reading, resource_type, sides, modifier, part) for part in split_list(text) or [""]]
    if not reading.rules.ties_components or parameter.expression == resource_type:
        return AnyOf(tuple(AllOf(pair) for pair in pairs))
    tied = tuple((left, right) for left, right in pairs if isinstance(left, Clause) and isinstance(right, Clause))
    return Tied(parameter, tied)


_COMPOSED = ("date", "quantity", "string", "token")


def _pair(
    reading: Reading, resource_type: str, sides: list[SearchParameter], modifier: str, text: str
) -> tuple[Condition, Condition]:
    parts = [] if modifier == "missing" else split_composite(text)
    if len(parts) > 2:
        raise Invalid(
            "HAPI-1947: Invalid value for composite parameter (only one '$' is valid for this parameter, others must "
            f"be escaped). Value was: {text}",
            issue="processing",
        )
    if len(sides) > 2:
        raise Unsupported("composites of three parts are not offered; search by their parts")
    for side in sides:
        if side.type not in _COMPOSED:
            raise Invalid(
                f"HAPI-1204: Don't know how to handle composite parameter with type of {side.type.upper()}",
                issue="processing",
            )
    left, right = [*parts, "", ""][:2]
    return _side(reading, resource_type, sides[0], modifier, left), _side(
        reading, resource_type, sides[1], modifier, right
    )


def _side(reading: Reading, resource_type: str, parameter: SearchParameter, modifier: str, text: str) -> Condition:
    """HAPI: of an empty part, a token filters nothing, a date must be there, and a quantity is not found."""
    if text.strip():
        code = f"{parameter.code}:{modifier}" if modifier in MODIFIERS[parameter.type] else parameter.code
        return read_condition(reading.within(), resource_type, code, text.replace(",", "\\,")) or ANYTHING
    if parameter.type == "token":
        return ANYTHING
    if parameter.type == "string":
        raise Invalid(f"a composite needs a value for {parameter.code} after its `$`", issue="processing")
    return Clause(parameter, "missing", missing=False) if parameter.type == "date" else NOTHING


_READERS: Mapping[str, Callable[[Reading, str, SearchParameter, str, str], Condition | None]] = MappingProxyType(
    {"composite": _composite, "string": _string, "token": _token}
)
