"""The figures as one table, or as one JSON object."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from benchmarks.metrics import METRICS, Curve, Metric, Values


@dataclass(frozen=True)
class Report:
    """hapi: its figures, or why there are none. variant: of the world that is served."""

    machine: Mapping[str, str]
    variant: str
    resources: int
    values: Values
    hapi: Values | str
    curves: Mapping[str, Curve] = field(default_factory=dict)


HEADINGS = ("metric", "value", "unit", "goal", "HAPI", "ratio")


def as_json(report: Report) -> str:
    return orjson.dumps(
        {
            "machine": report.machine,
            "world": f"trial_audit/{report.variant}/0",
            "resources": report.resources,
            "hapi": report.hapi if isinstance(report.hapi, str) else "measured",
            "metrics": [_object(metric, report) for metric in METRICS],
            "growth": {
                name: [{name: point, **values} for point, values in curve] for name, curve in report.curves.items()
            },
        }
    ).decode()


def _object(metric: Metric, report: Report) -> dict[str, object]:
    value, theirs = report.values[metric.name], _hapi(metric, report)
    return {
        "metric": metric.name,
        "title": metric.title,
        "value": value,
        "unit": metric.unit,
        "goal": metric.goal,
        "hapi": theirs,
        "ratio": None if theirs is None else ratio(metric, value, theirs),
    }


def as_table(report: Report) -> str:
    """Markdown that reads well as it is."""
    where = ", ".join(f"{name} {value}" for name, value in report.machine.items())
    notes = [
        f"{where}.",
        f"The world is trial_audit/{report.variant}/0, {report.resources} resources.",
        "Times are medians (p50) on the wall clock; rates are of the best run by processor seconds (HAPI: wall clock).",
    ]
    if isinstance(report.hapi, str):
        notes.append(f"No HAPI figures: {report.hapi}.")
    lines = [*notes, "", *_markdown([HEADINGS, *(_row(metric, report) for metric in METRICS)], _NUMBERS)]
    for name, curve in report.curves.items():
        lines += ["", *_markdown(_points(name, curve), tuple(range(len(CURVES[name]))))]
    return "\n".join(lines)


_NUMBERS = (1, 3, 4, 5)
CURVES: Mapping[str, Mapping[str, str]] = {
    "resources": {
        "resources": "resources in the world",
        "load": "load, s of one core",
        "memory": "memory of the process, MB",
        "count": "search patient + code, count only, us",
        "page": "page of 20, sorted, us",
    },
    "episodes": {
        "episodes": "open episodes, 20 writes each",
        "memory": "memory of all of them, MB",
        "page": "page of 20, sorted, us",
    },
    "page": {"page": "entries of a page", "whole": "Bundle, us", "entry": "per entry, us"},
}
"""Growth curve -> its columns with their headings, first what grows."""


def _points(name: str, curve: Curve) -> list[tuple[str, ...]]:
    columns = list(CURVES[name])
    rows = [(f"{point:,}", *(number(values[column]) for column in columns[1:])) for point, values in curve]
    return [tuple(CURVES[name].values()), *rows]


def _markdown(rows: list[tuple[str, ...]], right: tuple[int, ...]) -> list[str]:
    """A table, headings first. right: columns to align there."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    ruler = "|".join("-" * (width + 1) + (":" if column in right else "-") for column, width in enumerate(widths))
    lines = [_line(row, widths, right) for row in rows]
    return [lines[0], f"|{ruler}|", *lines[1:]]


def _line(row: tuple[str, ...], widths: list[int], right: tuple[int, ...]) -> str:
    cells = [
        text.rjust(width) if column in right else text.ljust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
    return f"| {' | '.join(cells)} |"


def _row(metric: Metric, report: Report) -> tuple[str, ...]:
    value, theirs = report.values[metric.name], _hapi(metric, report)
    return (
        metric.title,
        number(value),
        metric.unit,
        _goal(metric, value),
        "" if theirs is None else number(theirs),
        "" if theirs is None else f"{number(ratio(metric, value, theirs))}x",
    )


def _goal(metric: Metric, value: float) -> str:
    if metric.goal is None:
        return ""
    sign = ">=" if metric.is_rate else "<="
    return f"{sign} {number(metric.goal)}{'' if metric.is_met(value) else ' (missed)'}"


def _hapi(metric: Metric, report: Report) -> float | None:
    return None if isinstance(report.hapi, str) else report.hapi.get(metric.name)


def ratio(metric: Metric, ours: float, theirs: float) -> float:
    """How many times faster we are."""
    return ours / theirs if metric.is_rate else theirs / ours


def number(value: float) -> str:
    """Three digits that matter, thousands apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
