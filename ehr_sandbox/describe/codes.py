"""What is coded: conditions, medicines, events and the like by share of patients; measurements with units and range."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ehr_sandbox.describe.charts import Charts, Person
from ehr_sandbox.describe.figures import percent, quantile
from ehr_sandbox.describe.markup import Html, joined, tag
from ehr_sandbox.describe.page import cards, figure, section, table
from ehr_sandbox.describe.palette import FAINT, QUIET, colours
from ehr_sandbox.describe.plots import shares, stacked, strip
from ehr_sandbox.describe.reading import (
    Node,
    at,
    concept_code,
    concept_text,
    main_concept,
    number_at,
    plain,
    quantities,
    rounded,
    rows_at,
    system_name,
)

_TOP = 15
_MEASURED = 60
_SAID = 24
_SHOWN = (
    ("Conditions", ("Condition",)),
    ("Medicines", ("MedicationRequest", "MedicationStatement", "MedicationAdministration")),
    ("Adverse events", ("AdverseEvent",)),
    ("Procedures", ("Procedure",)),
    ("Allergies", ("AllergyIntolerance",)),
    ("Immunizations", ("Immunization",)),
    ("Encounters", ("Encounter",)),
    ("Reports and documents", ("DiagnosticReport", "DocumentReference")),
)


def codes(charts: Charts) -> Html:
    return section(
        "codes",
        "Codes",
        "Share of patients with each code at least once, whatever the row's status.",
        cards(*(_top(charts, title, kinds) for title, kinds in _SHOWN), _measured(charts), _said(charts)),
    )


def _top(charts: Charts, title: str, kinds: tuple[str, ...]) -> Html | None:
    counts: Counter[str] = Counter()
    words: dict[str, Counter[str]] = {}
    for person in charts.persons:
        of_person = {key for kind in kinds for node in person.of(kind) if (key := _key(node, words))}
        counts.update(of_person)
    if not counts:
        return None
    ordered = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    shown = [(words[key].most_common(1)[0][0], n) for key, n in ordered[:_TOP]]
    rest = f"; {len(ordered) - _TOP} more" if len(ordered) > _TOP else ""
    about = f"{', '.join(kinds)}: {len(ordered)} codes{rest}"
    return figure(title, about, shares(title, shown, len(charts.persons), gutter=250))


def _key(node: Node, words: dict[str, Counter[str]]) -> str:
    concept = main_concept(node)
    code = "|".join(concept_code(concept)) if concept else ""
    if code:
        words.setdefault(code, Counter())[concept_text(concept) or code] += 1
    return code


@dataclass
class _Measure:
    """Gathered from the rows of one code."""

    names: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    by_unit: dict[str, list[float]] = field(default_factory=dict)
    ranges: Counter[tuple[float | None, float | None]] = field(default_factory=Counter)
    people: set[str] = field(default_factory=set)
    outside: int = 0
    kind: str = ""
    """The category."""


def category_of(node: Node) -> str:
    """The first category's code, or nothing."""
    return next((code for category in rows_at(node, "category") if (code := concept_code(category)[1])), "")


def reference_range(node: Node) -> tuple[float | None, float | None]:
    """The first range of an Observation, or (None, None)."""
    first = at(node, "referenceRange", 0)
    return number_at(first, "low", "value"), number_at(first, "high", "value")


def _measured(charts: Charts) -> Html | None:
    found: dict[tuple[str, str], _Measure] = {}
    for person in charts.persons:
        for node in person.of("Observation"):
            _gather(node, person, found)
    if not found:
        return None
    most = sorted(found.items(), key=lambda row: (-row[1].units.total(), row[0]))[:_MEASURED]
    ordered = sorted(most, key=lambda row: (row[1].kind, row[1].names.most_common(1)[0][0], row[0]))
    head = (
        "",
        "code",
        "unit",
        "rows",
        "patients",
        "5 %",
        "median",
        "95 %",
        "lowest",
        "highest",
        "distribution",
        "outside",
    )
    rows = [_measure_row(code, measure) for code, measure in ordered]
    about = (
        "numbers of Observations and their components; figures are of the most frequent unit; behind: its normal range"
    )
    return figure("Measurements", about, table(head, rows, numbers=frozenset({3, 4, 5, 6, 7, 8, 9, 11})), wide=True)


def _gather(node: Node, person: Person, found: dict[tuple[str, str], _Measure]) -> None:
    for concept, value, unit in quantities(node):
        measure = found.setdefault(concept_code(concept), _Measure())
        measure.names[concept_text(concept) or "?"] += 1
        measure.units[unit] += 1
        measure.kind = measure.kind or category_of(node)
        measure.by_unit.setdefault(unit, []).append(value)
        measure.people.add(person.id)
        low, high = reference_range(node)
        if (low, high) != (None, None):
            measure.ranges[low, high] += 1
            measure.outside += (low is not None and value < low) or (high is not None and value > high)


def _measure_row(code: tuple[str, str], measure: _Measure) -> list[object]:
    unit = measure.units.most_common(1)[0][0]
    values = sorted(measure.by_unit[unit])
    shown = [*(rounded(quantile(values, q)) for q in (0.05, 0.5, 0.95)), plain(values[0]), plain(values[-1])]
    reference = measure.ranges.most_common(1)[0][0] if measure.ranges else (None, None)
    units = [f"{name or 'none'} ({n})" if len(measure.units) > 1 else name for name, n in measure.units.most_common()]
    outside = percent(measure.outside, measure.ranges.total()) if measure.ranges else ""
    name = joined([measure.names.most_common(1)[0][0]])
    return [
        name,
        tag("code", f"{system_name(code[0])} {code[1]}"),
        ", ".join(units),
        measure.units.total(),
        len(measure.people),
        *shown,
        strip(values, reference),
        outside,
    ]


def _said(charts: Charts) -> Html | None:
    """Observations whose value is a code."""
    found: dict[tuple[str, str], Counter[str]] = {}
    names: dict[tuple[str, str], Counter[str]] = {}
    for node in charts.of("Observation"):
        for part in (node, *rows_at(node, "component")):
            value = concept_text(at(part, "valueCodeableConcept"))
            if value:
                code = concept_code(at(part, "code"))
                found.setdefault(code, Counter())[value] += 1
                names.setdefault(code, Counter())[concept_text(at(part, "code")) or "?"] += 1
    if not found:
        return None
    ordered = sorted(found, key=lambda code: (-found[code].total(), code))[:_SAID]
    rows = [
        [names[c].most_common(1)[0][0], tag("code", f"{system_name(c[0])} {c[1]}"), found[c].total(), *_parts(found[c])]
        for c in ordered
    ]
    head = ("", "code", "rows", "", "values")
    return figure(
        "Coded findings",
        "Observations with a code as their value, the most frequent first",
        table(head, rows, numbers=frozenset({2})),
        wide=True,
    )


def _parts(values: Counter[str]) -> tuple[Html, Html]:
    top = sorted(values.items(), key=lambda row: (-row[1], row[0]))[:7]
    in_order = sorted(top, key=lambda row: row[0]) if all(name.startswith("Stage") for name, _ in top) else top
    fills = colours(name for name, _ in in_order)
    parts = [(name, n, fills[name]) for name, n in in_order]
    if rest := values.total() - sum(n for _, n in top):
        parts.append(("other", rest, QUIET if QUIET not in fills.values() else FAINT))
    return stacked("values", parts, width=260), _key_of(parts)


def _key_of(parts: Iterable[tuple[str, int, str]]) -> Html:
    return tag(
        "span",
        *(tag("span", tag("i", style=f"background:{colour}"), f"{name} {n}") for name, n, colour in parts),
        class_="legend",
    )
