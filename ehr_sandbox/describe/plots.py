"""Bars, histograms, boxes and steps: numbers in, SVG out."""

from collections.abc import Mapping, Sequence

from ehr_sandbox.describe.figures import binned, marks, percent, quantile
from ehr_sandbox.describe.markup import Html
from ehr_sandbox.describe.palette import ACCENT, BAND, FAINT, INK, MUTED
from ehr_sandbox.describe.reading import plain
from ehr_sandbox.describe.svg import (
    Scale,
    canvas,
    circle,
    cut,
    horizontal_grid,
    label,
    line,
    path,
    polygon,
    rect,
    vertical_grid,
)

_ROW = 21
_BOXED = 5
"""Fewer values are shown one by one."""


def bars(
    about: str,
    counts: Sequence[tuple[str, float, str]],
    *,
    width: float = 520,
    gutter: float = 220,
    fill: str = ACCENT,
) -> Html:
    """Horizontal bars. counts: (name, value, what to write behind the bar), in the order to show."""
    most = max((value for _, value, _ in counts), default=0) or 1
    scale = Scale(0, most, gutter, width - 96)
    shapes: list[Html] = []
    for i, (name, value, words) in enumerate(counts):
        y = i * _ROW + 3
        shapes += [
            label(gutter - 8, y + 12, cut(name, int(gutter / 7)), fill=INK, size=11.5, anchor="end"),
            rect(gutter, y, scale(value) - gutter, 15, fill, f"{name}: {words}", rx=2),
            label(scale(value) + 6, y + 12, words),
        ]
    return canvas(width, len(counts) * _ROW + 4, about, *shapes)


def shares(about: str, counts: Sequence[tuple[str, int]], whole: int, *, gutter: float = 220) -> Html:
    """Bars of counts with their share of a whole."""
    return bars(about, [(name, n, f"{n}  \N{MIDDLE DOT}  {percent(n, whole)}") for name, n in counts], gutter=gutter)


def histogram(
    about: str,
    groups: Mapping[str, Sequence[float]],
    fills: Mapping[str, str],
    *,
    unit: str,
    width: float = 520,
    height: float = 210,
    bins: int = 24,
    whole_numbers: bool = True,
) -> Html | None:
    """Stacked histogram of several groups; None without a value."""
    every = sorted(value for values in groups.values() for value in values)
    if not every:
        return None
    edges = _edges(every, bins, whole_numbers)
    stacks = {name: binned(values, edges) for name, values in groups.items()}
    tops = [sum(column) for column in zip(*stacks.values(), strict=True)]
    ticks = [mark for mark in marks(0, max(tops), 4) if mark == int(mark)]
    x, y = Scale(edges[0], edges[-1], 44, width - 22), Scale(0, ticks[-1], height - 38, 8)
    shapes = horizontal_grid(y, ticks, 44, width - 12)
    for i in range(len(edges) - 1):
        base = 0
        for name, column in stacks.items():
            words = f"{name}, {plain(edges[i])} to {plain(edges[i + 1])} {unit}: {column[i]}"
            if column[i]:
                left, right = x(edges[i]), x(edges[i + 1])
                top = y(base + column[i])
                shapes.append(rect(left + 0.5, top, right - left - 1, y(base) - top, fills[name], words))
            base += column[i]
    middle = 0.5 if whole_numbers and edges[1] - edges[0] == 1 else 0.0
    shapes += [
        label(x(v + middle), height - 24, plain(v), anchor="middle") for v in _shown(edges[:-1] if middle else edges)
    ]
    shapes.append(label(width - 12, height - 6, unit, anchor="end"))
    return canvas(width, height, about, *shapes)


def _edges(ordered: Sequence[float], bins: int, whole_numbers: bool) -> list[float]:
    edges = marks(ordered[0], ordered[-1], bins)
    if whole_numbers and edges[1] - edges[0] < 1:
        edges = [float(n) for n in range(int(ordered[0]), int(ordered[-1]) + 2)]
    return edges


def _shown(edges: Sequence[float]) -> list[float]:
    step = max(1, len(edges) // 8)
    return list(edges[::step])


def pyramid(
    about: str, left: Sequence[float], right: Sequence[float], names: tuple[str, str], fills: tuple[str, str]
) -> Html | None:
    """Two histograms of ages back to back, five years a bar."""
    every = [*left, *right]
    if not every:
        return None
    first, last = int(min(every)) // 5 * 5, int(max(every)) // 5 * 5 + 5
    edges = [float(n) for n in range(first, last + 5, 5)]
    sides = [binned(values, edges) for values in (left, right)]
    most = max(*sides[0], *sides[1], 1)
    width, middle, row = 520.0, 260.0, 15.0
    reach = Scale(0, most, 0, 200)
    shapes = [label(middle - 30, 12, f"{names[0]} ({len(left)})", fill=INK, anchor="end", size=11.5)]
    shapes.append(label(middle + 30, 12, f"{names[1]} ({len(right)})", fill=INK, size=11.5))
    for i, edge in enumerate(reversed(edges[:-1])):
        y = 20 + i * row
        k = len(edges) - 2 - i
        shapes.append(label(middle, y + 11, f"{edge:.0f}\N{EN DASH}{edge + 4:.0f}", anchor="middle", size=10.5))
        for side, sign in ((0, -1), (1, 1)):
            n = sides[side][k]
            wide = reach(n)
            start = middle + sign * 28 - (wide if sign < 0 else 0)
            if n:
                shapes.append(
                    rect(start, y + 1, wide, row - 2, fills[side], f"{names[side]} {edge:.0f}-{edge + 4:.0f}: {n}")
                )
                shapes.append(
                    label(
                        middle + sign * (28 + wide + 4), y + 11, str(n), anchor="end" if sign < 0 else None, size=10.5
                    )
                )
    return canvas(width, 24 + (len(edges) - 1) * row, about, *shapes)


def boxes(
    about: str,
    columns: Sequence[str],
    groups: Mapping[str, Mapping[str, Sequence[float]]],
    fills: Mapping[str, str],
    *,
    reference: tuple[float | None, float | None] = (None, None),
    width: float = 520,
    height: float = 200,
) -> Html:
    """Per column and group: 5-95 % as a thin line, the middle half as a box, the median as a gap. The band behind is
    the reference range. groups: group -> column -> sorted values."""
    every = [values for by_column in groups.values() for values in by_column.values() if values]
    low, high = min(quantile(v, 0.05) for v in every), max(quantile(v, 0.95) for v in every)
    ticks = marks(low, high, 4)
    x = Scale(0, len(columns), 46, width - 8)
    y = Scale(ticks[0], ticks[-1], height - 34, 8)
    shapes = [_band(reference, y, 46, width - 8), *horizontal_grid(y, ticks, 46, width - 8)]
    slot = (x(1) - x(0)) * 0.86 / max(1, len(groups))
    heads = _heads(columns)
    for i, column in enumerate(columns):
        lower = 11 if len(columns) > 7 and i % 2 else 0
        shapes.append(label(x(i + 0.5), height - 16 + lower, heads[i], anchor="middle", size=10.0))
        for k, (name, by_column) in enumerate(groups.items()):
            centre, found = x(i) + (x(1) - x(0)) * 0.07 + (k + 0.5) * slot, by_column.get(column, ())
            words = f"{name}, {column}"
            if len(found) >= _BOXED:
                shapes += _box(centre, min(slot * 0.8, 16.0), found, y, fills[name], words)
            else:
                shapes += [
                    circle(centre, y(v), 2, fills[name], f"{words}: {plain(v)}") for v in found if y.low <= v <= y.high
                ]
    return canvas(width, height, about, *shapes)


def _heads(columns: Sequence[str]) -> list[str]:
    """`Treatment 1`, then `2`, `3`: what follows is not said again. Where there are many, long words are cut."""
    if len(columns) < 6:
        return list(columns)
    kinds = [column.rpartition(" ")[0] for column in columns]
    told = {i for i in range(1, len(columns)) if kinds[i] and kinds[i] in kinds[:i]}
    return [column.rpartition(" ")[2] if i in told else cut(column, 11) for i, column in enumerate(columns)]


def _band(reference: tuple[float | None, float | None], y: Scale, left: float, right: float) -> Html | None:
    low, high = reference
    if low is None and high is None:
        return None
    bottom = min(max(y.low if low is None else low, y.low), y.high)
    top = max(min(y.high if high is None else high, y.high), y.low)
    return rect(left, y(top), right - left, y(bottom) - y(top), BAND)


def _box(centre: float, wide: float, values: Sequence[float], y: Scale, fill: str, name: str) -> list[Html]:
    five, low, middle, high, ninety_five = (quantile(values, q) for q in (0.05, 0.25, 0.5, 0.75, 0.95))
    words = f"{name}: median {plain(middle)}, half of them {plain(low)} to {plain(high)}, n {len(values)}"
    tall = max(y(low) - y(high), 1.5)
    return [
        line(centre, y(five), centre, y(ninety_five), fill, 1.2),
        rect(centre - wide / 2, y(high), wide, tall, fill, words, rx=1.5),
        line(centre - wide / 2, y(middle), centre + wide / 2, y(middle), "#fff", 1.6),
    ]


def strip(values: Sequence[float], reference: tuple[float | None, float | None], *, width: float = 150) -> Html:
    """A histogram small enough for a table's cell, from the first to the 99th percentile; sorted values."""
    low, high = quantile(values, 0.01), quantile(values, 0.99)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    step = (high - low) / 30
    counts = binned(values, [low + i * step for i in range(31)])
    x, y = Scale(low, high, 0, width), Scale(0, max(max(counts), 1), 24, 2)
    flat = Scale(low, high, 0, width)
    start = flat(max(low, reference[0])) if reference[0] is not None else 0
    end = flat(min(high, reference[1])) if reference[1] is not None else width
    has_band = reference != (None, None) and end > start
    points = [(x(low), 24.0)]
    for i, count in enumerate(counts):
        points += [(x(low + i * step), y(count)), (x(low + (i + 1) * step), y(count))]
    points.append((x(high), 24.0))
    return canvas(
        width,
        26,
        "distribution",
        rect(start, 0, end - start, 24, BAND) if has_band else None,
        polygon(points, ACCENT),
        line(0, 24, width, 24, MUTED, 0.6),
    )


def steps(about: str, curves: Mapping[str, Sequence[tuple[int, float]]], fills: Mapping[str, str], last: int) -> Html:
    """Shares (0 to 1) that fall in steps. last: the longest time in days; written in months."""
    width, height = 520.0, 230.0
    ticks = marks(min(share for curve in curves.values() for _, share in curve) - 0.02, 1.0, 4)
    x, y = Scale(0, last / 30.4375, 44, width - 12), Scale(max(0.0, ticks[0]), 1, height - 38, 8)
    shown = [tick for tick in ticks if 0 <= tick <= 1]
    shapes = [*horizontal_grid(Scale(y.low * 100, 100, y.start, y.end), [t * 100 for t in shown], 44, width - 12, " %")]
    shapes += vertical_grid(x, [m for m in marks(0, x.high, 6) if m <= x.high], 8, height - 38)
    for name, curve in curves.items():
        points: list[tuple[float, float]] = []
        for time, share in curve:
            if points:
                points.append((x(time / 30.4375), points[-1][1]))
            points.append((x(time / 30.4375), y(share)))
        points.append((x(x.high), points[-1][1]))
        shapes.append(path(points, fills[name], 2))
    shapes.append(label(width - 12, height - 6, "months", anchor="end"))
    return canvas(width, height, about, *shapes)


def stacked(about: str, parts: Sequence[tuple[str, int, str]], *, width: float = 300) -> Html:
    """One bar of a whole. parts: (name, count, colour)."""
    whole = sum(n for _, n, _ in parts) or 1
    shapes, x = [rect(0, 2, width, 12, FAINT, rx=2)], 0.0
    for name, n, colour in parts:
        wide = width * n / whole
        shapes.append(rect(x, 2, wide, 12, colour, f"{name}: {n} ({percent(n, whole)})"))
        x += wide
    return canvas(width, 16, about, *shapes)
