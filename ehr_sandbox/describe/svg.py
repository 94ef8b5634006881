"""A few shapes on a canvas measured in pixels, and the axes and legends that every plot shares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ehr_sandbox.describe.markup import Html, tag
from ehr_sandbox.describe.palette import FAINT, MUTED
from ehr_sandbox.describe.reading import plain


def canvas(width: float, height: float, label: str, *shapes: Html | None) -> Html:
    """label: what a screen reader says."""
    return tag(
        "svg",
        *shapes,
        view_box=f"0 0 {width:g} {height:g}",
        width=float(width),
        height=float(height),
        role="img",
        aria_label=label,
    )


def rect(x: float, y: float, width: float, height: float, fill: str, title: str | None = None, **more: object) -> Html:
    return tag("rect", _title(title), x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), fill=fill, **more)


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1.0, **more: object) -> Html:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=width, **more)


def circle(x: float, y: float, radius: float, fill: str, title: str | None = None, **more: object) -> Html:
    return tag("circle", _title(title), cx=x, cy=y, r=radius, fill=fill, **more)


def path(points: Sequence[tuple[float, float]], stroke: str, width: float = 1.5, **more: object) -> Html:
    d = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return tag("path", d=d, fill="none", stroke=stroke, stroke_width=width, stroke_linejoin="round", **more)


def polygon(points: Sequence[tuple[float, float]], fill: str, title: str | None = None, **more: object) -> Html:
    return tag("polygon", _title(title), points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), fill=fill, **more)


def label(x: float, y: float, text: str, *, fill: str = MUTED, size: float = 11.0, anchor: str | None = None) -> Html:
    """Text with its baseline at y. anchor: `middle` or `end`; None: it starts at x."""
    return tag("text", text, x=x, y=y, fill=fill, font_size=size, text_anchor=anchor)


def _title(text: str | None) -> Html | None:
    return tag("title", text) if text else None


def cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True)
class Scale:
    """Values to pixels, linear."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        span = self.high - self.low or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)


def horizontal_grid(scale: Scale, at: Iterable[float], left: float, right: float, suffix: str = "") -> list[Html]:
    """Lines across the plot with their values on the left."""
    shapes = []
    for value in at:
        y = scale(value)
        shapes += [line(left, y, right, y, FAINT), label(left - 6, y + 3.5, plain(value) + suffix, anchor="end")]
    return shapes


def vertical_grid(scale: Scale, at: Iterable[float], top: float, bottom: float, suffix: str = "") -> list[Html]:
    shapes = []
    for value in at:
        x = scale(value)
        shapes += [line(x, top, x, bottom, FAINT), label(x, bottom + 14, plain(value) + suffix, anchor="middle")]
    return shapes


def calendar_grid(scale: Scale, top: float, bottom: float, about: int = 8) -> list[Html]:
    """Lines at months or years, whichever gives about so many."""
    shapes = []
    for day, words in calendar_marks(scale.low, scale.high, about):
        x = scale(day)
        shapes += [line(x, top, x, bottom, FAINT), label(x, bottom + 14, words, anchor="middle")]
    return shapes


_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def calendar_marks(low: float, high: float, about: int = 8) -> list[tuple[int, str]]:
    first = date.fromordinal(max(1, int(low)))
    months = (high - low) / 30.4
    step = next((s for s in _MONTH_STEPS if months / s <= about), _MONTH_STEPS[-1])
    count = first.year * 12 + first.month - 1
    count += -count % step
    out: list[tuple[int, str]] = []
    while count // 12 <= date.max.year:
        day = date(count // 12, count % 12 + 1, 1)
        if day.toordinal() > high:
            break
        if day.toordinal() >= low:
            out.append((day.toordinal(), str(day.year) if step >= 12 else f"{_MONTHS[day.month - 1]} {day.year}"))
        count += step
    return out


def legend(colours: Mapping[str, str], counts: Mapping[str, int] | None = None) -> Html:
    """Swatches with names, above a plot."""
    items = [
        tag("span", tag("i", style=f"background:{colour}"), name if counts is None else f"{name} ({counts[name]})")
        for name, colour in colours.items()
    ]
    return tag("div", *items, class_="legend")
