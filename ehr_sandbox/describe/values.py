"""Laboratory values and vital signs as they move: by visit and stage in a trial, by year and sex elsewhere."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median

from ehr_sandbox.describe.charts import Charts, Person
from ehr_sandbox.describe.codes import category_of, reference_range
from ehr_sandbox.describe.markup import Html
from ehr_sandbox.describe.page import cards, figure, section
from ehr_sandbox.describe.palette import colours
from ehr_sandbox.describe.plots import boxes
from ehr_sandbox.describe.reading import (
    Node,
    concept_code,
    concept_text,
    dead_rows,
    happened,
    quantities,
    rows_at,
    text_at,
)
from ehr_sandbox.describe.svg import legend

_COLUMNS = 10
_FEW = 5
_PANELS = 24
_NEAR = 3
"""Days: blood is drawn so soon before the visit that it is for."""


def values(charts: Charts) -> Html | None:
    """None without a number."""
    panels, columns = _gathered(charts)
    shown = sorted(panels.values(), key=lambda p: (-p.rows, p.name))[:_PANELS]
    if not shown or not columns:
        return None
    ordered = sorted(shown, key=lambda p: p.order)
    groups = sorted({group for panel in shown for group in panel.groups})
    fills = colours(groups)
    by = "visit and stage" if charts.enrolled else "year and sex"
    words = "Line: 5th to 95th percentile. Box: the middle half, cut at the median. Green behind: the reference range."
    return section(
        "values",
        f"Values by {by}",
        f"{words} Rows entered in error are left out.",
        legend(fills),
        cards(*(_figure(panel, columns, groups, fills) for panel in ordered), small=len(columns) <= _FEW),
    )


@dataclass
class _Panel:
    """Values of one code in one unit: group -> column -> values."""

    name: str
    unit: str
    order: tuple[str, str]
    reference: tuple[float | None, float | None]
    groups: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    rows: int = 0
    others: Counter[str] = field(default_factory=Counter)
    """Rows in other units."""


def _gathered(charts: Charts) -> tuple[dict[tuple[str, str], _Panel], list[str]]:
    units = charts.units
    panels: dict[tuple[str, str], _Panel] = {}
    used: Counter[str] = Counter()
    names = visit_names(charts) if charts.enrolled else {}
    for person in charts.enrolled or charts.persons:
        group = (person.stage or "no stage") if charts.enrolled else person.sex
        for node in person.of("Observation"):
            column = _column(node, person, names, is_trial=bool(charts.enrolled))
            if dead_rows(node) or column is None:
                continue
            for concept, value, unit in quantities(node):
                panel = _panel(panels, concept, units, node)
                if unit != panel.unit:
                    panel.others[unit or "no unit"] += 1
                    continue
                panel.groups.setdefault(group, {}).setdefault(column, []).append(value)
                panel.rows += 1
                used[column] += 1
    return panels, _ordered(used, names)


def _panel(
    panels: dict[tuple[str, str], _Panel], concept: object, units: Mapping[tuple[str, str], str], node: Node
) -> _Panel:
    code = concept_code(concept)
    if code not in panels:
        name = concept_text(concept) or code[1]
        panels[code] = _Panel(name, units[code], (category_of(node), name), reference_range(node))
    return panels[code]


def visit_names(charts: Charts) -> Mapping[str, tuple[str, float]]:
    """Of each Encounter in a trial: a short name (`Treatment 3`), and days from enrolment (for the order)."""
    names: dict[str, tuple[str, float]] = {}
    for person in charts.enrolled:
        seen: Counter[str] = Counter()
        for visit in person.visits:
            kind = (concept_text(next(iter(rows_at(visit, "type")), None)) or "Visit").removesuffix(" visit")
            seen[kind] += 1
            names[str(visit["id"])] = f"{kind} {seen[kind]}", (happened(visit) or 0) - (person.enrolment or 0)
    kinds = {name.rpartition(" ")[0] for name, _ in names.values() if not name.endswith(" 1")}
    return {v: (n if n.rpartition(" ")[0] in kinds else n.removesuffix(" 1"), d) for v, (n, d) in names.items()}


def _column(node: Node, person: Person, names: Mapping[str, tuple[str, float]], *, is_trial: bool) -> str | None:
    when = happened(node)
    if not is_trial:
        return str(date.fromordinal(int(when)).year) if when is not None else None
    encounter = (text_at(node, "encounter", "reference") or "").rpartition("/")[2]
    if encounter in names:
        return names[encounter][0]
    near = [v for v in person.visits if when is not None and 0 <= (happened(v) or 0) - when <= _NEAR]
    return names[str(near[0]["id"])][0] if near else "no visit"


def _ordered(used: Counter[str], names: Mapping[str, tuple[str, float]]) -> list[str]:
    """The most used columns, in order of time."""
    days: dict[str, list[float]] = {}
    for name, day in names.values():
        days.setdefault(name, []).append(day)
    top = (
        [name for name, _ in sorted(used.items(), key=lambda row: (-row[1], row[0]))[:_COLUMNS]]
        if names
        else sorted(used)[-_COLUMNS:]
    )
    return sorted(top, key=lambda name: (median(days[name]) if name in days else 1e9, name))


def _figure(panel: _Panel, columns: Sequence[str], groups: Sequence[str], fills: Mapping[str, str]) -> Html | None:
    own = [c for c in columns if any(c in by_column for by_column in panel.groups.values())]
    sorted_groups = {
        group: {c: sorted(found) for c, found in panel.groups[group].items() if c in own}
        for group in groups
        if group in panel.groups
    }
    if not own:
        return None
    others = "".join(f", {n} in {unit}" for unit, n in sorted(panel.others.items()))
    about = f"{panel.unit or 'no unit'}; {panel.rows} rows{others}"
    return figure(panel.name, about, boxes(panel.name, own, sorted_groups, fills, reference=panel.reference))
