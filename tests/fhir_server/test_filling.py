import gc
import gzip
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

from fhir_r4 import World, date_range
from fhir_seed import trial_audit
from fhir_server.base import Base
from fhir_server.filling import Dates, program
from fhir_server.index import DateIndex, NumberIndex, PostedIndex
from fhir_server.overlay import Overlay
from tasks import PUBLIC_SALT, Address

NOW = "2026-03-02T14:00:00Z"
EXAMPLES = Path(__file__).parent.parent / "data" / "us-core-6.1-examples.ndjson.gz"
ODD: list[dict[str, Any]] = [
    {"resourceType": "Observation", "id": "o1", "code": {"coding": [{"code": "1"}, {"system": "s"}, {"code": "1"}]}},
    {"resourceType": "Observation", "id": "o2", "subject": {"reference": "Group/g/_history/2"}},
    {"resourceType": "Observation", "id": "o3", "subject": {"reference": "#in"}, "effectiveDateTime": "2020"},
    {"resourceType": "Observation", "id": "o4", "effectivePeriod": {"end": "2020-01-02T03:04:05.678+14:00"}},
    {"resourceType": "Observation", "id": "o5", "effectiveDateTime": "0001-01-01T00:00:00+14:00"},
    {
        "resourceType": "Observation",
        "id": "o6",
        "valueQuantity": {"value": 1, "unit": "mg"},
        "component": [{"valueQuantity": {"value": 2}}, {"valueQuantity": {"value": 3}, "code": {"text": "only"}}],
    },
    {"resourceType": "Encounter", "id": "e1", "location": [{"period": {"start": "2020"}}, {"period": {"end": "2021"}}]},
    {"resourceType": "Patient", "id": "p1", "name": [{"given": ["A", None]}], "deceasedBoolean": True},
]


def test_a_load_makes_the_indexes_that_the_rows_of_each_resource_make() -> None:
    tiny = list(trial_audit.build(PUBLIC_SALT, Address(suite="trial_audit", variant="tiny", index=0)).world.resources)
    with gzip.open(EXAMPLES) as lines:
        blobs = [*tiny, *map(orjson.dumps, ODD), *_own_ids(lines)]
    base = Base(World(NOW, blobs, {}, ""))
    list(base.fill(blobs))
    one_by_one = _by_rows(base)
    assert base.segments.keys() == one_by_one.keys()
    for name, segment in base.segments.items():
        other = one_by_one[name]
        assert segment.indexes.keys() == other.indexes.keys(), name
        assert (segment.ids, segment.offsets, segment.versions, segment.order, segment.number_of) == (
            (other.ids, other.offsets, other.versions, other.order, other.number_of)
        )
        for code, index in segment.indexes.items():
            assert _state(index) == _state(other.indexes[code]), f"{name} {code}"


def _own_ids(lines: Iterable[bytes]) -> list[bytes]:
    """The examples, without ids that come twice."""
    found = {(one["resourceType"], one["id"]): one for one in map(orjson.loads, lines)}
    return [orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in found.values()]


def _by_rows(base: Base) -> dict[str, Overlay]:
    made: dict[str, Overlay] = {}
    for name, segment in base.segments.items():
        made[name] = Overlay(name, base.updated)
        for n, id in enumerate(segment.ids):
            made[name].add(id, segment.json(n), segment.offsets[n], 1, n)
        made[name].indexed()
        for index in made[name].indexes.values():
            index.freeze()
    return made


def _state(index: object) -> object:
    if isinstance(index, DateIndex):
        return index.filling(), {n: Counter(spans) for n, spans in index._more.items()}
    if isinstance(index, NumberIndex):
        return {n: Counter(rows) for n, rows in index._rows.items()}
    assert isinstance(index, PostedIndex)
    postings = {key: (type(posting), sorted(posting)) for key, posting in index._postings.items()}
    extra = {name: getattr(index, name) for name in ("_codes", "_written", "_sorted") if hasattr(index, name)}
    return postings, {
        name: value if value is None or isinstance(value, list) else {key: sorted(held) for key, held in value.items()}
        for name, value in extra.items()
    }


def test_a_parameter_that_others_cover_is_derived() -> None:
    derived = {one.code: one for one in program("Observation").derived}
    assert derived["patient"] == ("patient", ("subject",), "Patient/")
    assert set(derived["combo-code"].parts) == {"code", "component-code"}


@pytest.mark.parametrize(
    "text",
    ["2020-01-02T03:04:05Z", "2020-01-02T03:04:05.678+14:00", "2020-02-29T23:59-12:00", "0001-01-01T00:00:00+14:00"],
)
def test_dates_are_put_together_from_day_and_time(text: str) -> None:
    low, _, day, after = date_range(text)
    assert Dates().span(text) == (low, low + 1, day, after)


def test_a_world_that_is_forgotten_leaves_nothing_for_the_garbage_collector() -> None:
    blobs = [orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in ODD]
    for _ in range(2):
        gc.collect()
        base = Base(World(NOW, blobs, {}, ""))
        list(base.fill(blobs))
        del base
    assert gc.collect() == 0
