"""What is not there: the share of rows with each element, why data are absent, and the state that rows are in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from ehr_sandbox.describe.charts import Charts
from ehr_sandbox.describe.figures import percent, quantile
from ehr_sandbox.describe.markup import Html, tag
from ehr_sandbox.describe.page import cards, figure, section, table
from ehr_sandbox.describe.palette import ACCENT, INK, colours
from ehr_sandbox.describe.plots import stacked
from ehr_sandbox.describe.reading import (
    Node,
    concept_code,
    moment_of,
    plain,
    rows_at,
    text_at,
    written_recorded,
    written_when,
)
from ehr_sandbox.describe.svg import canvas, cut, label, rect

_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_CHOICES = (
    "value",
    "effective",
    "onset",
    "abatement",
    "deceased",
    "medication",
    "occurrence",
    "performed",
    "multipleBirth",
)
_SKIPPED = frozenset({"resourceType", "id", "meta"})


def missingness(charts: Charts) -> Html:
    lists = [_elements(kind, nodes) for kind, nodes in charts.by_type.items()]
    return section(
        "missing",
        "What is missing",
        "Per type, the share of rows with each element that some rows have and others have not.",
        tag("div", *lists, class_="elements"),
        cards(_states(charts), _absent(charts), _precision(charts), _charting(charts)),
    )


def element_names(node: Node) -> set[str]:
    """Top-level elements; `value[x]` for a choice, an extension under the last word of its address."""
    names = set()
    for key in node.keys() - _SKIPPED:
        if key == "extension":
            names |= {f"extension {str(e.get('url')).rsplit('/', 1)[-1]}" for e in rows_at(node, key)}
        elif not key.startswith("_"):
            names.add(_choice(key))
    return names


@cache
def _choice(key: str) -> str:
    for stem in _CHOICES:
        if key.startswith(stem) and key[len(stem) :][:1].isupper():
            return f"{stem}[x]"
    return key


def _elements(kind: str, nodes: list[Node]) -> Html:
    counts = Counter(name for node in nodes for name in element_names(node))
    always = sorted(name for name, n in counts.items() if n == len(nodes))
    rows = sorted(((name, n) for name, n in counts.items() if n < len(nodes)), key=lambda row: (-row[1], row[0]))
    shapes = []
    for i, (name, n) in enumerate(rows):
        y, share = i * 17, n / len(nodes)
        shapes += [
            label(0, y + 12, cut(name, 25), fill=INK, size=11.5),
            rect(176, y + 3, 96, 10, "#e6eaef"),
            rect(176, y + 3, 96 * share, 10, ACCENT, f"{kind}.{name}: {n} of {len(nodes)}"),
            label(316, y + 12, percent(n, len(nodes)), anchor="end"),
        ]
    head = tag("figcaption", kind, tag("small", f"{len(nodes)} row{'s' if len(nodes) > 1 else ''}"))
    plot = canvas(320, len(rows) * 17 + 4, f"elements of {kind}", *shapes) if rows else None
    return tag(
        "div", head, plot, tag("div", f"in every row: {', '.join(always) or 'nothing'}", class_="note"), class_="card"
    )


def _absent(charts: Charts) -> Html | None:
    """Reasons that the chart gives, wherever it gives them."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for node in charts.giving_reasons:
        counts.update((str(node["resourceType"]), where, reason) for where, reason in _reasons(node, ""))
    rows = [
        [kind, where, reason, n] for (kind, where, reason), n in sorted(counts.items(), key=lambda r: (-r[1], r[0]))
    ]
    if not rows:
        return None
    about = "dataAbsentReason, and the extension data-absent-reason"
    return figure(
        "Reasons for absent data",
        about,
        table(("type", "element", "reason", "rows"), rows[:40], numbers=frozenset({3})),
    )


def _reasons(node: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for row in node:
            yield from _reasons(row, where)
    if not isinstance(node, dict):
        return
    if node.get("url") == _ABSENT:
        yield where or "the row", str(text_at(node, "valueCode"))
    for key, value in node.items():
        if key == "dataAbsentReason":
            yield f"{where}.value[x]".lstrip("."), concept_code(value)[1] or "?"
        elif isinstance(value, dict | list):
            inner = where if key in {"extension", "modifierExtension"} else f"{where}.{key.lstrip('_')}".lstrip(".")
            yield from _reasons(value, inner)


_STATES: dict[str, tuple[str, ...]] = {
    "DocumentReference": ("docStatus",),
    "Condition": ("verificationStatus", "clinicalStatus"),
    "AllergyIntolerance": ("verificationStatus", "clinicalStatus"),
}


def _states(charts: Charts) -> Html | None:
    rows, same = [], []
    for kind, nodes in charts.by_type.items():
        for element in ("status", *_STATES.get(kind, ())):
            counts = Counter(_state(node, element) for node in nodes)
            parts = sorted(((name or "none", n) for name, n in counts.items()), key=lambda row: (-row[1], row[0]))
            if len(parts) > 1:
                rows.append([f"{kind}.{element}", *_state_bar(f"{kind}.{element}", parts)])
            elif parts[0][0] != "none":
                same.append(f"{kind}.{element} {parts[0][0]}")
    if not rows and not same:
        return None
    words = tag("p", f"The same in every row: {', '.join(same)}.", class_="note") if same else None
    about = "every count of this report holds rows entered in error, unless it says otherwise"
    return figure("State of the rows", about, table(("", "", ""), rows) if rows else None, words, wide=True)


def _state_bar(about: str, parts: Sequence[tuple[str, int]]) -> tuple[Html, Html]:
    fills = colours(name for name, _ in parts)
    key = [tag("span", tag("i", style=f"background:{fills[name]}"), f"{name} {n}") for name, n in parts]
    return stacked(about, [(name, n, fills[name]) for name, n in parts]), tag("span", *key, class_="legend")


def _state(node: Node, element: str) -> str | None:
    return text_at(node, element) or text_at(node, element, "coding", 0, "code")


def _precision(charts: Charts) -> Html | None:
    """How exactly the chart says when: rows by type."""
    rows = []
    for kind, nodes in charts.by_type.items():
        counts = Counter(_exactness(written_when(node)) for node in nodes)
        if set(counts) - {"none"}:
            rows.append([kind, *(counts[name] or "" for name in _EXACT)])
    if not rows:
        return None
    numbers = frozenset(range(1, len(_EXACT) + 1))
    return figure(
        "How exactly it says when",
        "rows by the precision of their main date",
        table(("type", *_EXACT), rows, numbers=numbers),
    )


_EXACT = ("time", "day", "month", "year", "none")


def _exactness(text: str | None) -> str:
    if not text:
        return "none"
    return {4: "year", 7: "month", 10: "day"}.get(len(text), "time")


def _charting(charts: Charts) -> Html | None:
    """From what happened to its record."""
    rows = []
    for kind, nodes in charts.by_type.items():
        delays = sorted(delay for node in nodes if (delay := _delay(node)) is not None)
        if delays:
            late = sum(delay > 1 for delay in delays)
            shown = [_span(quantile(delays, q)) for q in (0.05, 0.5, 0.95, 1)]
            rows.append([kind, len(delays), *shown, percent(late, len(delays))])
    if not rows:
        return None
    head = ("type", "rows", "5 %", "median", "95 %", "longest", "over a day")
    return figure(
        "From event to record",
        "issued, recordedDate or a document's date, less when it happened",
        table(head, rows, numbers=frozenset(range(1, 7))),
    )


def _delay(node: Node) -> float | None:
    first, then = written_when(node), written_recorded(node)
    start, end = moment_of(first), moment_of(then)
    if start is None or end is None or first == then and len(first or "") <= 10:
        return None
    return end - start if min(len(first or ""), len(then or "")) > 10 else float(int(end) - int(start))


def _span(days: float) -> str:
    minutes = days * 1440
    if abs(minutes) < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if abs(days) < 2 else f"{plain(round(days))} days"
