"""Puts hits in order: by the sort keys, missing values last in both directions, ties by id; unsorted as written."""

from typing import Any

from fhir_r4 import SortKey
from fhir_server.match import Hits
from fhir_server.segment import Segment

Hit = tuple[Segment, int]


def ordered_ids(hits: Hits, keys: tuple[SortKey, ...]) -> list[str]:
    """The ids of all hits, in the order that the search asks for."""
    if keys:
        return [segment.ids[n] for segment, n in _sorted(hits, keys)]
    filled = [(segment, numbers) for segment, numbers in hits if numbers]
    if len(filled) == 1 and not filled[0][0].dead:
        segment, numbers = filled[0]
        return [segment.ids[n] for n in numbers]
    rows = [(segment.order[n], segment.ids[n]) for segment, numbers in filled for n in numbers]
    return [id for _, id in sorted(rows)]


def _sorted(hits: Hits, keys: tuple[SortKey, ...]) -> list[Hit]:
    rows: list[Hit] = [(segment, n) for segment, numbers in hits for n in numbers]
    rows.sort(key=_id)
    for key in reversed(keys):
        rows = _by(rows, key)
    return rows


def _id(hit: Hit) -> str:
    return hit[0].ids[hit[1]]


def _by(rows: list[Hit], key: SortKey) -> list[Hit]:
    """A stable sort by one key; of several values the least counts, or the greatest if descending."""
    if key.parameter.code == "_id":
        return sorted(rows, key=_id, reverse=key.descending)
    pick = max if key.descending else min
    valued: list[tuple[Any, Hit]] = []
    missing: list[Hit] = []
    for hit in rows:
        segment, n = hit
        index = segment.indexes.get(key.parameter.code)
        values = index.keys_of(n) if index is not None else ()
        if values:
            valued.append((values[0] if len(values) == 1 else pick(values), hit))
        else:
            missing.append(hit)
    valued.sort(key=lambda row: row[0], reverse=key.descending)
    return [hit for _, hit in valued] + missing
