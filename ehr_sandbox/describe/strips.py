"""One patient's measurements as small plots under each other, over the same calendar as the time line."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ehr_sandbox.describe.charts import Person
from ehr_sandbox.describe.codes import category_of, reference_range
from ehr_sandbox.describe.markup import Html, tag
from ehr_sandbox.describe.palette import ACCENT, BAND, FAINT, INK, WARM
from ehr_sandbox.describe.reading import (
    concept_code,
    concept_text,
    dead_rows,
    happened,
    plain,
    quantities,
    text_at,
    written_when,
)
from ehr_sandbox.describe.svg import Scale, calendar_grid, canvas, circle, cut, label, line, path, rect
from ehr_sandbox.describe.timeline import GUTTER, RIGHT, WIDTH, milestones

_TALL = 46.0
_MOST = 18
_LISTED = 90
_ENOUGH = 3
"""Values of a code from which it is plotted; with fewer it is listed."""


@dataclass(frozen=True, order=True)
class Point:
    """counts: False for a row entered in error and the like."""

    when: float
    value: float
    written: str
    status: str
    counts: bool


@dataclass
class Series:
    """One code in one unit; points in order of time."""

    name: str
    unit: str
    kind: str
    reference: tuple[float | None, float | None] = (None, None)
    points: list[Point] = field(default_factory=list)


def series_of(person: Person) -> list[Series]:
    """By category, then name. A code with several units is several series."""
    found: dict[tuple[str, str, str], Series] = {}
    for node in person.of("Observation"):
        when = happened(node)
        if when is None:
            continue
        for concept, value, unit in quantities(node):
            key = (*concept_code(concept), unit)
            name = concept_text(concept) or key[1]
            one = found.setdefault(key, Series(name, unit, category_of(node), reference_range(node)))
            status = text_at(node, "status") or "no status"
            one.points.append(Point(when, value, written_when(node) or "", status, not dead_rows(node)))
    for one in found.values():
        one.points.sort()
    return sorted(found.values(), key=lambda s: (s.kind, s.name, s.unit))


def strips(person: Person, x: Scale) -> tuple[Html | None, Html | None]:
    """(plots, list of what was measured too seldom for a plot)."""
    every = series_of(person)
    ranked = sorted((s for s in every if len(s.points) >= _ENOUGH), key=lambda s: -len(s.points))[:_MOST]
    plotted = [s for s in every if any(s is shown for shown in ranked)]
    listed = [s for s in every if not any(s is shown for shown in ranked)]
    return _plots(person, plotted, x) if plotted else None, _listed(listed) if listed else None


def _plots(person: Person, series: Sequence[Series], x: Scale) -> Html:
    bottom = len(series) * _TALL + 2
    units = Counter(one.name for one in series)
    shapes = calendar_grid(x, 0, bottom, 9)
    for i, one in enumerate(series):
        shapes += _strip(one, x, i * _TALL + 2, units[one.name] > 1)
    return canvas(WIDTH, bottom + 20, "measurements", *shapes, *milestones(person, x, bottom, named=False))


def _strip(one: Series, x: Scale, top: float, has_twin: bool) -> list[Html]:
    values = [point.value for point in one.points]
    low, high = one.reference
    every = [*values, *(v for v in (low, high) if v is not None)]
    y = Scale(min(every), max(every), top + _TALL - 9, top + 7)
    if y.low == y.high:
        y = Scale(y.low - 1, y.high + 1, y.start, y.end)
    left, right = GUTTER, WIDTH - RIGHT
    shapes = [line(left, top + _TALL - 1, right, top + _TALL - 1, FAINT)]
    if (low, high) != (None, None):
        upper, lower = y(high) if high is not None else top + 4, y(low) if low is not None else top + _TALL - 6
        shapes.append(rect(left, upper, right - left, lower - upper, BAND))
    seen = [point for point in one.points if x.low <= point.when <= x.high]
    counted = [(x(point.when), y(point.value)) for point in seen if point.counts]
    if len(counted) > 1:
        shapes.append(path(counted, ACCENT, 1.2))
    for point in seen:
        is_outside = (low is not None and point.value < low) or (high is not None and point.value > high)
        fill = (WARM if is_outside else ACCENT) if point.counts else "#fff"
        words = f"{plain(point.value)} {one.unit}, {point.written}, {point.status}"
        shapes.append(circle(x(point.when), y(point.value), 3, fill, words, stroke=None if point.counts else WARM))
    title = f"{one.name} ({one.unit})" if has_twin else one.name
    shapes.append(label(left - 10, top + 20, cut(title, 27), fill=INK, size=11.5, anchor="end"))
    shapes.append(label(left - 10, top + 34, cut(_range_words(one), 30), size=10, anchor="end"))
    shapes.append(label(right + 8, y(values[-1]) + 4, plain(values[-1]), fill=INK, size=11))
    return shapes


def _range_words(one: Series) -> str:
    low, high = one.reference
    if low is None and high is None:
        return one.unit
    if low is None:
        return f"below {plain(high or 0)} {one.unit}"
    if high is None:
        return f"above {plain(low)} {one.unit}"
    return f"{plain(low)}\N{EN DASH}{plain(high)} {one.unit}"


def _listed(series: Sequence[Series]) -> Html:
    lines = [
        tag("div", f"{one.name} {plain(point.value)} {one.unit} ", tag("span", _listed_when(point)))
        for one in series
        for point in one.points
    ]
    return tag("div", *lines[:_LISTED], class_="listed")


def _listed_when(point: Point) -> str:
    return point.written[:10] + ("" if point.status == "final" else f", {point.status}")
