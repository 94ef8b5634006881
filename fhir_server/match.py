"""Finds the documents of a type that meet every condition: the most selective one first, the others as filters.

Conditions on other resources (chains, _has, value sets) are first resolved to what the searched resources must hold.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

from fhir_r4 import AllOf, AnyOf, Chain, Clause, Condition, Has, ReferenceValue, TextValue, Tied, TokenValue
from fhir_server.index import KeyIndex, Narrow, ParameterIndex, Test, narrowed
from fhir_server.segment import Segment
from fhir_server.store import EpisodeStore
from fhir_server.tied import tied_test
from fhir_server.value_sets import expanded

Hits = list[tuple[Segment, list[int]]]
Plan = tuple[Collection[int] | None, Narrow | None]
"""The documents that may meet a condition (None: all), and what keeps of them those that do."""
Step = Clause | Callable[[Segment], Plan]

_ALL: Plan = (None, None)
_NONE: Plan = ((), None)


def match(store: EpisodeStore, resource_type: str, conditions: Sequence[Condition]) -> Hits:
    """(segment, documents in the order they were added) per layer."""
    steps = _steps(store, resource_type, conditions)
    return [(segment, _match_segment(segment, hidden, steps)) for segment, hidden in store.layers(resource_type)]


def ids(hits: Hits) -> list[str]:
    return [segment.ids[n] for segment, numbers in hits for n in numbers]


# -- conditions on other resources -------------------------------------------------------------------------------------

_LOOKED_UP = frozenset({"in", "not-in", "unless"})


def _steps(store: EpisodeStore, resource_type: str, conditions: Iterable[Condition]) -> list[Step]:
    steps: list[Step] = []
    local = store.rules.own_base_is_local
    for one in conditions:
        if type(one) is Clause and not local and one.modifier not in _LOOKED_UP:
            steps.append(one)
        else:
            steps += _resolved(store, resource_type, one)
    return steps


def _resolved(store: EpisodeStore, resource_type: str, condition: Condition) -> list[Step]:
    match condition:
        case Clause():
            return [_looked_up(store, resource_type, condition)]
        case AllOf(conditions):
            return _steps(store, resource_type, conditions)
        case AnyOf((only,)):
            return _steps(store, resource_type, (only,))
        case AnyOf(conditions):
            return [partial(_any_of, [_steps(store, resource_type, (one,)) for one in conditions])]
        case Chain():
            keys = [f"{name}/{id}" for name, end in condition.ends for id in ids(match(store, name, (end,)))]
            return [partial(_linked, condition.parameter.code, keys, condition.excluded)]
        case Has():
            return [partial(_named, _referred(store, resource_type, condition))]
        case Tied():
            loose = AnyOf(tuple(AllOf(pair) for pair in condition.pairs))
            return [*_steps(store, resource_type, (loose,)), partial(tied_test, condition)]


def _looked_up(store: EpisodeStore, resource_type: str, clause: Clause) -> Step:
    if clause.modifier == "unless":
        known = any(isinstance(v, TokenValue) and store.current(resource_type, v.code or "") for v in clause.values)
        return clause._replace(modifier="not") if known else _nothing
    if clause.modifier in ("in", "not-in"):
        codes = tuple(code for v in clause.values if isinstance(v, TextValue) for code in expanded(store, v.text))
        if clause.modifier == "in":
            return clause._replace(modifier="", values=codes) if codes else _nothing
        return clause._replace(modifier="other", values=codes)
    if clause.parameter.type == "reference":
        return clause._replace(values=tuple(_localised(store.base + "/", value) for value in clause.values))
    return clause


def _localised(base: str, value: object) -> ReferenceValue:
    assert isinstance(value, ReferenceValue)
    return ReferenceValue(tuple(key.removeprefix(base) for key in value.keys))


def _referred(store: EpisodeStore, resource_type: str, condition: Has) -> set[str]:
    """The ids of the resources of this type that those which meet the condition refer to."""
    start = f"{resource_type}/"
    found: set[str] = set()
    for segment, numbers in match(store, condition.resource_type, (condition.condition,)):
        index = segment.indexes.get(condition.parameter.code)
        if index is not None:
            found.update(key for n in numbers for key in index.keys_of(n) if key.startswith(start))
    return {key.removeprefix(start) for key in found}


def _nothing(segment: Segment) -> Plan:
    return _NONE


def _any_of(alternatives: list[list[Step]], segment: Segment) -> Plan:
    return frozenset(n for steps in alternatives for n in _match_segment(segment, (), steps)), None


def _linked(code: str, keys: list[str], excluded: bool, segment: Segment) -> Plan:
    index = segment.indexes.get(code)
    if index is None:
        return _NONE
    assert isinstance(index, KeyIndex)
    return (index.select_other(keys) if excluded else index.select_keys(keys)), None


def _named(wanted: set[str], segment: Segment) -> Plan:
    return segment.numbered(wanted), None


# -- one layer ---------------------------------------------------------------------------------------------------------


def _match_segment(segment: Segment, hidden: Collection[int], steps: list[Step]) -> list[int]:
    postings: list[Collection[int]] = []
    narrows: list[Narrow] = []
    for step in steps:
        posting, narrow = _plan(segment, step) if type(step) is Clause else step(segment)  # type: ignore[operator]
        if posting is not None:
            if not posting:
                return []
            postings.append(posting)
        if narrow is not None:
            narrows.append(narrow)
    found = _meet(segment, postings)
    if hidden:
        found = [n for n in found if n not in hidden]
    for narrow in narrows:
        found = narrow(found)
    return found


def _meet(segment: Segment, postings: list[Collection[int]]) -> list[int]:
    """The documents in all postings, in order."""
    if not postings:
        return list(range(len(segment)))
    if len(postings) > 1:
        postings.sort(key=len)
    found: Collection[int] = postings[0]
    for posting in postings[1:]:
        found = _both(found, posting)
    return sorted(found)


def _both(one: Collection[int], other: Collection[int]) -> Collection[int]:
    """one: not the longer of the two."""
    return other.intersection(one) if isinstance(other, frozenset) else frozenset(one).intersection(other)


def _plan(segment: Segment, clause: Clause) -> Plan:
    code, modifier = clause.parameter.code, clause.modifier
    if modifier == "text":
        return None, narrowed(segment.text_test(clause))
    index = segment.indexes.get(code)
    if code == "_id":
        if clause.missing is not None:
            return _NONE if clause.missing else _ALL
        return _negated(segment.with_ids(clause), modifier)
    if clause.missing is not None:
        return None, narrowed(_missing(index, clause.missing))
    if index is None:
        return _negated((), modifier)
    posting = index.select(clause)
    return (None, index.narrow(clause)) if posting is None else _negated(posting, modifier)


def _negated(posting: Collection[int], modifier: str) -> Plan:
    if modifier != "not":
        return posting, None
    excluded = frozenset(posting)
    return None, lambda numbers: [n for n in numbers if n not in excluded]


def _missing(index: ParameterIndex | None, missing: bool) -> Test:
    if index is None:
        return lambda n: missing
    return lambda n: (not index.keys_of(n)) is missing
