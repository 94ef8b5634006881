"""Puts hits in order: by the sort keys, missing values last in both directions, ties and the unsorted as written."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from fhir_r4 import SearchParameter, SortKey
from fhir_server.found import Found
from fhir_server.match import Hits
from fhir_server.segment import Segment
from fhir_server.store import EpisodeStore

Row = tuple[Any, ...]
"""(place in the order of writing, id, value of the first sort key, value of the second, ...)"""


def ordered_ids(store: EpisodeStore, hits: Hits, keys: tuple[SortKey, ...]) -> Sequence[str]:
    """The ids of all hits, in the order that the search asks for."""
    filled = [(segment, numbers) for segment, numbers in hits if numbers]
    if len(filled) == 1 and filled[0][0] is store.world.segments.get(filled[0][0].resource_type):
        segment, numbers = filled[0]
        return Found(segment.ids, _ordered(store, segment, numbers, keys))
    if keys:
        return _sorted([row for segment, numbers in filled for row in _rows(store, segment, numbers, keys)], keys)
    written = [(segment.order[n], segment.ids[n]) for segment, numbers in filled for n in numbers]
    return [id for _, id in sorted(written)]


def _ordered(store: EpisodeStore, segment: Segment, numbers: list[int], keys: tuple[SortKey, ...]) -> list[int]:
    """The same for documents of the base, which are numbered in the order of writing."""
    found = numbers
    for key in reversed(keys):
        index = segment.indexes.get(key.parameter.code) if key.chain is None else None
        value_of = index.only_value(numbers) if index is not None else None
        if value_of is not None:
            found = sorted(found, key=value_of, reverse=key.descending)
            continue
        values = dict(zip(numbers, _column(store, segment, numbers, key), strict=True))
        missing = [n for n in found if values[n] is None] if None in values.values() else []
        if missing:
            found = [n for n in found if values[n] is not None]
        found = sorted(found, key=values.__getitem__, reverse=key.descending) + missing
    return found


def _rows(store: EpisodeStore, segment: Segment, numbers: list[int], keys: tuple[SortKey, ...]) -> list[Row]:
    places, ids = [segment.order[n] for n in numbers], [segment.ids[n] for n in numbers]
    return list(zip(places, ids, *(_column(store, segment, numbers, key) for key in keys), strict=True))


def _column(store: EpisodeStore, segment: Segment, numbers: list[int], key: SortKey) -> list[Any]:
    if key.chain is not None:
        return [_chained(store, segment, n, key) for n in numbers]
    return _values(segment, numbers, key.parameter, key.descending)


def _values(segment: Segment, numbers: list[int], parameter: SearchParameter, descending: bool) -> list[Any]:
    if parameter.code == "_id":
        return [segment.ids[n] for n in numbers]
    index = segment.indexes.get(parameter.code)
    return index.sort_keys(numbers, descending) if index is not None else [None] * len(numbers)


def _chained(store: EpisodeStore, segment: Segment, n: int, key: SortKey) -> Any:
    """The first or the last value of the parameter in what this document refers to."""
    assert key.chain is not None
    name, parameter = key.chain
    index = segment.indexes.get(key.parameter.code)
    if index is None or parameter.code.startswith("_"):  # HAPI finds no value of these in a chain
        return None
    values: list[Any] = []
    for reference in index.keys_of(n):
        kind, _, id = reference.partition("/")
        for target, hidden in store.layers(kind) if kind == name else ():
            at = target.number_of.get(id)
            if at is not None and at not in hidden:
                values += _values(target, [at], parameter, key.descending)
    present = [value for value in values if value is not None]
    return (max if key.descending else min)(present, default=None)


def _sorted(rows: list[Row], keys: tuple[SortKey, ...]) -> list[str]:
    rows.sort(key=itemgetter(0))
    for at in range(len(keys) + 1, 1, -1):
        value = itemgetter(at)
        missing = [row for row in rows if row[at] is None]
        if missing:
            rows = [row for row in rows if row[at] is not None]
        rows.sort(key=value, reverse=keys[at - 2].descending)
        rows += missing
    return [row[1] for row in rows]
