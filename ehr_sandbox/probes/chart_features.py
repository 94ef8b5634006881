"""What a chart shows without being understood: counts, sizes, presence of elements, styles, hours, places of ids and
in the order of writing, the site, values of measurements, per subject.

Left out is what an error is made of: the birth date, the days of a death, and how far apart two days lie (a note of
the treatment visit is dated like the visit). Days appear one by one, as absolute days.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import orjson

from ehr_sandbox.probes.auc import Numbers

Features = dict[str, float]
Times = list[tuple[bytes, bytes, bytes]]
"""Hour, minute and zone of each date and instant of a row; nothing for a date."""
Days = list[tuple[str, int]]
"""Elements that say when a row was recorded, and the day."""
_VALUES = re.compile(rb'":(?:"[^"\\]*"|-?\d[\d.]*)')
_LISTED = re.compile(rb'(?<=[\[,])"[^"\\]*"(?=[,\]])')
_TIME = re.compile(rb'"\d{4}-\d\d-\d\d(?:T(\d\d):(\d\d):\d\d(Z|[+-]\d\d:\d\d))?"')
_BIRTH_DATE = re.compile(rb'"birthDate":"[^"]*",?')
_RECORDED = ("issued", "recordedDate", "authoredOn", "date", "dateTime")
_UTC = (b"Z", b"+00:00")
_OWNERS = ("subject", "individual", "patient")
_FATAL = "AdverseEvent fatal"
_DEATHS = frozenset({_FATAL, "Patient"})


def charts(resources: Iterable[bytes]) -> dict[str, Features]:
    """By Patient reference, for everyone who has a ResearchSubject; a merged duplicate counts for the survivor."""
    found: dict[str, Features] = defaultdict(dict)
    shapes: Counter[tuple[str, str, bytes]] = Counter()
    in_study = set()
    sites: dict[str, str] = {}
    for place_, blob in enumerate(resources):
        row = orjson.loads(blob)
        person = _owner(row)
        if person is None:
            continue
        kind = kind_of(row)
        if kind == "ResearchSubject":
            in_study.add(person)
        if kind == "Patient":
            sites[person] = row.get("managingOrganization", {}).get("reference", "")
        plain = _BIRTH_DATE.sub(b"", blob) if row["resourceType"] == "Patient" else blob
        shapes[person, kind, _shape(plain)] += 1
        own = found[person]
        own.setdefault(f"first written {row['resourceType']}", place_)
        times, days = _TIME.findall(plain), _recorded(kind, row)
        for name, value in _summed(kind, row, len(plain), times, days):
            own[name] = own.get(name, 0.0) + value
        for name, value in _least(kind, row, times, days):
            if name not in own or value < own[name]:
                own[name] = value
        for name, value in _most(kind, row):
            if name not in own or value > own[name]:
                own[name] = value
    for person, name, count in _elements(shapes):
        found[person][name] = found[person].get(name, 0.0) + count
    sizes = Counter(sites.values())
    for person, site in sites.items():
        found[person] |= {"site size": sizes[site], "site id": place(site.rpartition("/")[2])}
    return {person: found[person] for person in in_study}


def table(people: Iterable[Mapping[str, float]]) -> tuple[list[str], Numbers]:
    """Names in order and one row per person; what a chart does not have is 0."""
    rows = list(people)
    names = sorted({name for row in rows for name in row})
    return names, np.array([[row.get(name, 0.0) for name in names] for row in rows])


def place(text: str) -> float:
    """Where a word lies in the order of words, 0 to 1, from its first six characters."""
    return int.from_bytes(text[:6].encode().ljust(6, b"\0")) / 2**48


def kind_of(row: Mapping[str, Any]) -> str:
    """The type, and where it has several uses which one."""
    type_ = str(row["resourceType"])
    if type_ == "Patient" and _survivor(row) is not None:
        return "Patient merged"
    if type_ == "AdverseEvent" and any(c.get("code") == "fatal" for c in _codings(row.get("outcome"))):
        return _FATAL
    what = {"Observation": "code", "Encounter": "type", "DocumentReference": "type", "Condition": "category"}.get(type_)
    if what is None:
        return type_
    codes = [coding["code"] for coding in _codings(row.get(what)) if "code" in coding]
    return f"{type_} {codes[-1]}" if codes else type_


def _codings(concept: Any) -> list[Mapping[str, Any]]:
    """Of a CodeableConcept, or of the first in a list."""
    first = concept[0] if isinstance(concept, list) and concept else concept
    return list(first.get("coding", ())) if isinstance(first, dict) else []


def _owner(row: Mapping[str, Any]) -> str | None:
    if row["resourceType"] == "Patient":
        return _survivor(row) or f"Patient/{row['id']}"
    for name in _OWNERS:
        if name in row:
            return str(row[name].get("reference", ""))
    return None


def _survivor(patient: Mapping[str, Any]) -> str | None:
    links = patient.get("link", ())
    return next((str(link["other"]["reference"]) for link in links if link["type"] == "replaced-by"), None)


def _summed(kind: str, row: Mapping[str, Any], size: int, times: Times, days: Days) -> Iterator[tuple[str, float]]:
    """What is added up over a person's rows."""
    yield f"rows {row['resourceType']}", 1
    yield f"rows {kind} {row.get('status')}", 1
    yield f"bytes {kind}", size
    for part in row.get("content", ()):
        yield f"text {kind}", len(part["attachment"].get("data", ""))
    for _, _, zone in times:
        if zone:
            yield f"written in UTC {kind}", zone in _UTC
        else:
            yield f"written as a day {kind}", 1
    for name, day in days:
        yield f"weekday {day % 7} {name} {kind}", 1


def _least(kind: str, row: Mapping[str, Any], times: Times, days: Days) -> Iterator[tuple[str, float]]:
    """Of which a person's lowest is taken."""
    yield f"first id {row['resourceType']}", place(row["id"])
    for identifier in row.get("identifier", ()):
        yield f"first identifier {kind}", place(identifier.get("value", ""))
    for hour, minute, zone in times if kind not in _DEATHS else ():
        if zone:
            yield f"first minute {kind}", int(hour) * 60 + int(minute)
    for name, day in days:
        yield f"first {name} {kind}", day


def _most(kind: str, row: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Of which a person's highest is taken."""
    value = row.get("valueInteger", row.get("valueQuantity", {}).get("value"))
    if value is not None:
        yield f"last value {kind}", float(value)


def _recorded(kind: str, row: Mapping[str, Any]) -> Days:
    """None of a death."""
    if kind in _DEATHS:
        return []
    there = [name for name in _RECORDED if len(row.get(name, "")) >= len("2024-01-31")]
    return [(name, date.fromisoformat(row[name][:10]).toordinal()) for name in there]


def _elements(shapes: Mapping[tuple[str, str, bytes], int]) -> Iterator[tuple[str, str, float]]:
    """(person, feature, rows that have it) of each element that not every resource of its kind has."""
    paths: dict[str, list[frozenset[str]]] = defaultdict(list)
    for kind, shape in {(kind, shape) for _, kind, shape in shapes}:
        paths[kind].append(_paths(shape))
    everywhere = {kind: frozenset.intersection(*found) for kind, found in paths.items()}
    for (person, kind, shape), count in shapes.items():
        for path in _paths(shape) - everywhere[kind]:
            yield person, f"has {kind}.{path}", count


def _shape(blob: bytes) -> bytes:
    """With 0 for each value, so that few shapes are many resources'."""
    return _LISTED.sub(b"0", _VALUES.sub(b'":0', blob)).replace(b",}", b"}")


@cache
def _paths(shape: bytes) -> frozenset[str]:
    """Element paths of a resource whose values are 0 for the most part; an element of a list counts once."""
    return frozenset(_walk(orjson.loads(shape), ""))


def _walk(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            inner = f"{path}.{key}" if path else key
            yield inner
            yield from _walk(value, inner)
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value, path)
