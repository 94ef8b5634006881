"""The benchmarks still run and measure everything; how fast is nothing a test can know."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from benchmarks.metrics import METRICS, Metric
from benchmarks.report import Report, as_json, as_table, ratio

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_quick_run_gives_every_metric_a_positive_value() -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--no-hapi", "--json"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    answer = orjson.loads(output)
    assert [row["metric"] for row in answer["metrics"]] == [metric.name for metric in METRICS]
    assert [row for row in answer["metrics"] if not row["value"] > 0] == []
    assert answer["hapi"] == "left out"


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


def test_only_what_hapi_can_do_too_has_a_ratio() -> None:
    values = {metric.name: 2.0 for metric in METRICS}
    answer = orjson.loads(as_json(Report({}, "tiny", 3, values, {"http_read": 10.0})))
    assert [row["metric"] for row in answer["metrics"] if row["ratio"] is not None] == ["http_read"]
    assert next(row for row in answer["metrics"] if row["metric"] == "http_read")["ratio"] == 5.0
