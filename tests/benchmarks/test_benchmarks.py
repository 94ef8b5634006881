"""The benchmarks still run and measure everything; how fast is nothing a test can know."""

import subprocess
import sys
from itertools import islice
from pathlib import Path

import orjson
import pytest

from benchmarks.metrics import METRICS, Metric
from benchmarks.report import Report, as_json, as_table, ratio
from benchmarks.tiling import tiled
from fhir_r4 import World

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_quick_run_gives_every_metric_a_positive_value() -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--no-hapi", "--json"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    answer = orjson.loads(output)
    assert [row["metric"] for row in answer["metrics"]] == [metric.name for metric in METRICS]
    assert [row for row in answer["metrics"] if not row["value"] > 0] == []
    assert answer["hapi"] == "left out"
    assert all(answer["growth"].values())


@pytest.mark.parametrize(
    ("unit", "ours", "theirs", "times_faster"), [("resources/s", 90.0, 30.0, 3.0), ("us", 10.0, 50.0, 5.0)]
)
def test_the_ratio_says_how_many_times_faster_the_engine_is(
    unit: str, ours: float, theirs: float, times_faster: float
) -> None:
    assert ratio(Metric("m", "m", unit), ours, theirs) == times_faster


@pytest.mark.parametrize(("unit", "value", "met"), [("us", 9, True), ("us", 11, False), ("resources/s", 11, True)])
def test_a_rate_should_be_above_its_goal_and_a_time_below(unit: str, value: float, met: bool) -> None:
    assert Metric("m", "m", unit, 10).is_met(value) is met


def test_the_table_says_what_missed_its_goal_and_why_there_is_no_hapi() -> None:
    values = {metric.name: 1.0 for metric in METRICS}
    table = as_table(Report({"cores": "2"}, "tiny", 3, values, "java not found"))
    assert "cores 2" in table
    assert "No HAPI figures: java not found." in table
    assert ">= 90,000 (missed)" in table


def test_a_growth_curve_is_a_table_of_its_own() -> None:
    values = {metric.name: 1.0 for metric in METRICS}
    curves = {"page": [(10, {"whole": 20.0, "entry": 2.0}), (1000, {"whole": 1500.0, "entry": 1.5})]}
    report = Report({}, "tiny", 3, values, "left out", curves)
    assert as_table(report).splitlines()[-1].split() == ["|", "1,000", "|", "1,500", "|", "1.50", "|"]
    assert orjson.loads(as_json(report))["growth"]["page"][0] == {"page": 10, "whole": 20.0, "entry": 2.0}


def test_a_tiled_world_has_ids_of_its_own_in_every_copy() -> None:
    blobs = [b'{"id":"p1","resourceType":"Patient"}', b'{"id":"o1","subject":{"reference":"Patient/p1"}}']
    world = World("2026-03-02T14:00:00Z", blobs, {}, "")
    assert list(islice(tiled(world), 4))[2:] == [
        b'{"id":"p1-1","resourceType":"Patient"}',
        b'{"id":"o1-1","subject":{"reference":"Patient/p1-1"}}',
    ]


def test_only_what_hapi_can_do_too_has_a_ratio() -> None:
    values = {metric.name: 2.0 for metric in METRICS}
    answer = orjson.loads(as_json(Report({}, "tiny", 3, values, {"http_read": 10.0})))
    assert [row["metric"] for row in answer["metrics"] if row["ratio"] is not None] == ["http_read"]
    assert next(row for row in answer["metrics"] if row["metric"] == "http_read")["ratio"] == 5.0
