"""Puts hits in order: by the sort keys, missing values last in both directions, ties by id; unsorted as written."""

from operator import itemgetter
from typing import Any

from fhir_r4 import SortKey
from fhir_server.match import Hits
from fhir_server.segment import Segment

Row = tuple[Any, ...]
"""(id, value of the first sort key, value of the second, ...)"""


def ordered_ids(hits: Hits, keys: tuple[SortKey, ...]) -> list[str]:
    """The ids of all hits, in the order that the search asks for."""
    filled = [(segment, numbers) for segment, numbers in hits if numbers]
    if keys:
        return _sorted([row for segment, numbers in filled for row in _rows(segment, numbers, keys)], keys)
    if len(filled) == 1 and not filled[0][0].dead:
        segment, numbers = filled[0]
        return [segment.ids[n] for n in numbers]
    written = [(segment.order[n], segment.ids[n]) for segment, numbers in filled for n in numbers]
    return [id for _, id in sorted(written)]


def _rows(segment: Segment, numbers: list[int], keys: tuple[SortKey, ...]) -> list[Row]:
    ids = [segment.ids[n] for n in numbers]
    return list(zip(ids, *(_column(segment, numbers, ids, key) for key in keys), strict=True))


def _column(segment: Segment, numbers: list[int], ids: list[str], key: SortKey) -> list[Any]:
    if key.parameter.code == "_id":
        return ids
    index = segment.indexes.get(key.parameter.code)
    return index.sort_keys(numbers, key.descending) if index is not None else [None] * len(numbers)


def _sorted(rows: list[Row], keys: tuple[SortKey, ...]) -> list[str]:
    rows.sort(key=itemgetter(0))
    for at in range(len(keys), 0, -1):
        value = itemgetter(at)
        missing = [row for row in rows if row[at] is None]
        if missing:
            rows = [row for row in rows if row[at] is not None]
        rows.sort(key=value, reverse=keys[at - 1].descending)
        rows += missing
    return [row[0] for row in rows]
