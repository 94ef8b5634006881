"""Finds the documents of a type that meet every clause: the most selective clause first, the others as filters."""

from collections.abc import Callable, Collection, Iterable

from fhir_r4 import Clause
from fhir_server.index import KeyIndex, ParameterIndex
from fhir_server.segment import Segment
from fhir_server.store import EpisodeStore

Test = Callable[[int], bool]
Hits = list[tuple[Segment, list[int]]]


def match(store: EpisodeStore, resource_type: str, clauses: tuple[Clause, ...]) -> Hits:
    """(segment, documents in the order they were added) per layer."""
    keys = {clause: _chained_keys(store, clause) for clause in clauses if clause.chain}
    return [
        (segment, _match_segment(segment, hidden, clauses, keys)) for segment, hidden in store.layers(resource_type)
    ]


def ids(hits: Hits) -> list[str]:
    return [segment.ids[n] for segment, numbers in hits for n in numbers]


def _chained_keys(store: EpisodeStore, clause: Clause) -> list[str]:
    """References to the resources that meet the end of a chain."""
    return [f"{target}/{id}" for target, end in clause.chain for id in ids(match(store, target, (end,)))]


def _match_segment(
    segment: Segment, hidden: Collection[int], clauses: tuple[Clause, ...], keys: dict[Clause, list[str]]
) -> list[int]:
    postings: list[Collection[int]] = []
    tests: list[Test] = []
    for clause in clauses:
        posting, test = _plan(segment, clause, keys)
        if posting is not None:
            if not posting:
                return []
            postings.append(posting)
        if test is not None:
            tests.append(test)
    found = _meet(segment, postings)
    if hidden:
        found = [n for n in found if n not in hidden]
    for test in tests:
        found = [n for n in found if test(n)]
    return found if isinstance(found, list) else list(found)


def _meet(segment: Segment, postings: list[Collection[int]]) -> Iterable[int]:
    """The documents in all postings, in order."""
    if not postings:
        return range(len(segment))
    postings.sort(key=len)
    found: Collection[int] = postings[0]
    for posting in postings[1:]:
        found = [n for n in found if n in posting] if len(found) < _FEW else _both(found, posting)
    return sorted(found)


_FEW = 64


def _both(one: Collection[int], other: Collection[int]) -> Collection[int]:
    return frozenset(one).intersection(other)


def _plan(
    segment: Segment, clause: Clause, keys: dict[Clause, list[str]]
) -> tuple[Collection[int] | None, Test | None]:
    """The documents that meet a clause, or a test for them."""
    code, index = clause.parameter.code, segment.indexes.get(clause.parameter.code)
    if code == "_id":
        if clause.missing is not None:
            return (() if clause.missing else None), None
        return _negated(segment.with_ids(clause), clause)
    if clause.missing is not None:
        return None, _missing(index, clause.missing)
    if index is None:
        return _negated((), clause)
    if clause.chain:
        assert isinstance(index, KeyIndex)
        return index.select_keys(keys[clause]), None
    posting = index.select(clause)
    return (None, index.test(clause)) if posting is None else _negated(posting, clause)


def _negated(posting: Collection[int], clause: Clause) -> tuple[Collection[int] | None, Test | None]:
    if clause.modifier != "not":
        return posting, None
    excluded = frozenset(posting)
    return None, lambda n: n not in excluded


def _missing(index: ParameterIndex | None, missing: bool) -> Test:
    if index is None:
        return lambda n: missing
    return lambda n: (not index.keys_of(n)) is missing
