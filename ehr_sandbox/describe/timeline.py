"""One patient's time line: visits, doses, medicines, conditions, events, in lanes over one calendar."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ehr_sandbox.describe.charts import Person
from ehr_sandbox.describe.markup import Html
from ehr_sandbox.describe.palette import ACCENT, BLACK, INK, KINDS, MUTED, QUIET, WARM
from ehr_sandbox.describe.reading import (
    Node,
    at,
    concept_text,
    dead_rows,
    happened,
    main_concept,
    medication_of,
    moment_of,
    number_at,
    plain,
    rows_at,
    text_at,
    written_when,
)
from ehr_sandbox.describe.svg import Scale, calendar_grid, canvas, circle, cut, label, line, polygon, rect

GUTTER, WIDTH, RIGHT = 252.0, 1120.0, 66.0
_LANE = 18.0
_MOST = 14
_OTHER = ("Procedure", "Immunization", "AllergyIntolerance", "DiagnosticReport", "DocumentReference", "Consent")
_LONG_BEFORE = frozenset(
    {"Condition", "MedicationRequest", "MedicationStatement", "AllergyIntolerance", "Immunization"}
)
_SEVERITY = {"mild": "#e9b872", "moderate": "#d98e04", "severe": WARM}

Draw = Callable[[Scale, float], list[Html]]
"""Shapes of a lane, given the calendar and the height of its middle."""


@dataclass
class _Lanes:
    """Grows downwards."""

    x: Scale
    y: float
    shapes: list[Html] = field(default_factory=list)

    def group(self, title: str, lanes: Sequence[tuple[str, Draw]]) -> None:
        if not lanes:
            return
        self.y += 6
        self.shapes.append(label(0, self.y + 12, title.upper(), size=9.5))
        for i, (name, draw) in enumerate(lanes[:_MOST]):
            middle = self.y + _LANE / 2
            if i:
                self.shapes.append(line(GUTTER, self.y, WIDTH - RIGHT, self.y, "#f0f2f5"))
            self.shapes.append(label(GUTTER - 10, middle + 4, cut(name, 24), fill=INK, size=11.5, anchor="end"))
            self.shapes += draw(self.x, middle)
            self.y += _LANE
        if len(lanes) > _MOST:
            words = f"and {len(lanes) - _MOST} more, in the rows below"
            self.shapes.append(label(GUTTER - 10, self.y + 12, words, anchor="end", size=10.5))
            self.y += _LANE


def calendar_of(person: Person) -> Scale | None:
    """From the first visit (or another thing that happened) to the last, with a little room; None without a day."""
    near = [
        when for kind, nodes in person.rows.items() if kind not in _LONG_BEFORE for n in nodes if (when := happened(n))
    ]
    every = near or [when for nodes in person.rows.values() for n in nodes if (when := happened(n))]
    days = [*every, *([float(person.death)] if person.death else [])]
    if not days:
        return None
    room = max(3.0, (max(days) - min(days)) * 0.02)
    return Scale(min(days) - room, max(days) + room, GUTTER, WIDTH - RIGHT)


def timeline(person: Person, x: Scale) -> Html:
    lanes = _Lanes(x, 34)
    lanes.group("Visits", _visits(person))
    lanes.group("Doses", _doses(person))
    lanes.group("Events", _by_text(person, ("AdverseEvent",), _event))
    lanes.group("Medicines", _by_text(person, ("MedicationRequest", "MedicationStatement"), _prescription))
    lanes.group("Conditions", _by_text(person, ("Condition",), _condition))
    lanes.group("Other", _others(person))
    bottom = lanes.y + 4
    frame = calendar_grid(x, 30, bottom, 9)
    return canvas(WIDTH, bottom + 20, "time line", *frame, *lanes.shapes, *milestones(person, x, bottom))


def milestones(person: Person, x: Scale, bottom: float, *, named: bool = True) -> list[Html]:
    """Lines through all lanes: enrolment, and each record of a death."""
    found = [("enrolled", text_at(person.subject, "period", "start"), KINDS[2])]
    found.append(("died (Patient)", text_at(person.patient, "deceasedDateTime"), BLACK))
    for event in person.of("AdverseEvent"):
        if at(event, "outcome", "coding", 0, "code") == "fatal":
            found.append(("died (AdverseEvent)", written_when(event), BLACK))
    shapes: list[Html] = []
    ends = [-1e9, -1e9]
    for name, written, colour in sorted(found, key=lambda row: (moment_of(row[1]) or 0, row[0])):
        when = moment_of(written)
        if when is None or not x.low <= when <= x.high:
            continue
        here = x(when)
        shapes.append(line(here, 28 if named else 0, here, bottom, colour, 1.4, stroke_dasharray="4 3"))
        if named:
            words = f"{name} {(written or '')[:10]}"
            is_left = here > WIDTH - RIGHT - 120
            row = 0 if here - ends[0] > 8 else 1
            ends[row] = here + (0 if is_left else len(words) * 5.6)
            shapes.append(label(here, 11 + row * 13, words, fill=colour, anchor="end" if is_left else None))
    return shapes


def _visits(person: Person) -> list[tuple[str, Draw]]:
    kinds: dict[str, list[Node]] = {}
    for visit in person.visits:
        kinds.setdefault(concept_text(at(visit, "type", 0)) or "Encounter", []).append(visit)
    return [(name, _visit_marks(name, nodes)) for name, nodes in kinds.items()]


def _visit_marks(name: str, nodes: Sequence[Node]) -> Draw:
    def draw(x: Scale, y: float) -> list[Html]:
        shapes = []
        for node in nodes:
            start = happened(node) or 0.0
            end = moment_of(text_at(node, "period", "end")) or start
            words = f"{name}, {written_when(node)}, {text_at(node, 'status')}"
            fill = QUIET if dead_rows(node) else ACCENT
            if x(end) - x(start) > 8:
                shapes.append(rect(x(start), y - 4, x(end) - x(start), 8, fill, words, rx=3))
            else:
                shapes.append(circle(x(start), y, 4, fill, words))
        return shapes

    return draw


def _by_text(
    person: Person, kinds: Iterable[str], mark: Callable[[Node, Scale, float], list[Html]]
) -> list[tuple[str, Draw]]:
    """A lane for each thing, in order of its first day; rows without a day have none."""
    lanes: dict[str, list[tuple[float, Node]]] = {}
    for kind in kinds:
        for node in person.of(kind):
            if (when := happened(node)) is not None:
                lanes.setdefault(concept_text(main_concept(node)) or kind, []).append((when, node))
    ordered = sorted(lanes.items(), key=lambda row: (min(when for when, _ in row[1]), row[0]))
    return [(name, _marks([node for _, node in rows], mark)) for name, rows in ordered]


def _marks(nodes: Sequence[Node], mark: Callable[[Node, Scale, float], list[Html]]) -> Draw:
    return lambda x, y: [shape for node in nodes for shape in mark(node, x, y)]


def dose_of(node: Node) -> tuple[float, str] | None:
    value = number_at(node, "dosage", "dose", "value")
    return None if value is None else (value, text_at(node, "dosage", "dose", "unit") or "")


def _doses(person: Person) -> list[tuple[str, Draw]]:
    drugs: dict[str, list[tuple[float, str, Node]]] = {}
    for node in person.of("MedicationAdministration"):
        if (when := happened(node)) is not None:
            drugs.setdefault(concept_text(medication_of(node)) or "?", []).append((when, str(node["id"]), node))
    rows = [
        (name, [node for _, _, node in sorted(found, key=lambda r: r[:2])]) for name, found in sorted(drugs.items())
    ]
    return [(name, _dose_marks(name, nodes)) for name, nodes in rows]


def _dose_marks(name: str, nodes: Sequence[Node]) -> Draw:
    """A bar as high as the dose; its amount where it changes; hollow if the row does not count."""
    most = max((dose[0] for node in nodes if (dose := dose_of(node))), default=0) or 1

    def draw(x: Scale, y: float) -> list[Html]:
        shapes, last = [], None
        for node in nodes:
            here, dose, status = x(happened(node) or 0), dose_of(node), text_at(node, "status")
            tall = 14 * (dose[0] / most if dose else 0.5)
            words = f"{name}, {written_when(node)}, {plain(dose[0]) + ' ' + dose[1] if dose else 'no dose'}, {status}"
            counts = status == "completed"
            shapes.append(
                rect(
                    here - 2.5,
                    y + 7 - tall,
                    5,
                    tall,
                    KINDS[3] if counts else "#fff",
                    words,
                    stroke=KINDS[3],
                    stroke_width=1.0,
                    stroke_dasharray=None if counts else "2 1.5",
                )
            )
            if dose and dose != last and counts:
                shapes.append(label(here + 5, y + 4, f"{plain(dose[0])} {dose[1]}", size=9.5))
                last = dose
        return shapes

    return draw


def _event(node: Node, x: Scale, y: float) -> list[Html]:
    here = x(happened(node) or 0)
    severity = text_at(node, "severity", "coding", 0, "code") or ""
    is_fatal = at(node, "outcome", "coding", 0, "code") == "fatal"
    said = (concept_text(at(node, name)) for name in ("severity", "seriousness", "outcome"))
    words = ", ".join([written_when(node) or "", *(text for text in said if text)])
    fill = BLACK if is_fatal else _SEVERITY.get(severity, QUIET)
    is_serious = (text_at(node, "seriousness", "coding", 0, "code") or "").lower() == "serious"
    diamond = [(here, y - 6), (here + 6, y), (here, y + 6), (here - 6, y)]
    shapes = [
        polygon(diamond, fill, words, stroke=BLACK if is_serious else None, stroke_width=1.5 if is_serious else None)
    ]
    if severity:
        shapes.append(label(here + 9, y + 4, f"{severity}{', serious' if is_serious else ''}", size=9.5))
    return shapes


def _prescription(node: Node, x: Scale, y: float) -> list[Html]:
    start = happened(node) or 0.0
    end = moment_of(
        text_at(node, "dispenseRequest", "validityPeriod", "end") or text_at(node, "effectivePeriod", "end")
    )
    is_open = end is None and text_at(node, "status") in {"active", "on-hold"}
    sig = text_at(rows_at(node, "dosageInstruction"), 0, "text") or ""
    words = f"{written_when(node)}, {text_at(node, 'status')}: {sig}"
    return _bar(x, y, start, x.high if is_open else end, "#7aa6c8", words)


def _condition(node: Node, x: Scale, y: float) -> list[Html]:
    start = happened(node) or 0.0
    end = moment_of(text_at(node, "abatementDateTime") or text_at(node, "abatementPeriod", "end"))
    status = text_at(node, "clinicalStatus", "coding", 0, "code")
    is_open = end is None and status in {"active", "recurrence", "relapse"}
    return _bar(x, y, start, x.high if is_open else end, "#a9b98f", f"since {written_when(node)}, {status}")


def _bar(x: Scale, y: float, start: float, end: float | None, fill: str, words: str) -> list[Html]:
    """From start to end; a stub if no end is known. What began before the calendar does starts with an arrow."""
    left = x(max(start, x.low))
    right = x(min(max(end, x.low), x.high)) if end is not None else left + 7
    shapes = [rect(left, y - 4, max(right - left, 3), 8, fill, words, rx=2)]
    if start < x.low:
        shapes.append(polygon([(left, y - 6), (left, y + 6), (left - 6, y)], fill, words))
    return shapes


def _others(person: Person) -> list[tuple[str, Draw]]:
    out: list[tuple[str, Draw]] = []
    for kind in _OTHER:
        if nodes := [node for node in person.of(kind) if happened(node) is not None]:
            out.append((_WORDS[kind], _ticks(nodes)))
    return out


_WORDS = {
    "Procedure": "Procedures", "Immunization": "Immunizations", "AllergyIntolerance": "Allergies",
    "DiagnosticReport": "Reports", "DocumentReference": "Notes and documents", "Consent": "Consent",
}  # fmt: skip


def _ticks(nodes: Sequence[Node]) -> Draw:
    """What was before the calendar is one arrow at its start."""

    def words_of(node: Node) -> str:
        return f"{concept_text(main_concept(node)) or ''}, {written_when(node)}"

    def draw(x: Scale, y: float) -> list[Html]:
        early = [node for node in nodes if (happened(node) or 0) < x.low]
        arrow = [(GUTTER, y - 5), (GUTTER, y + 5), (GUTTER - 6, y)]
        shapes = [polygon(arrow, MUTED, "\n".join(map(words_of, early)))] if early else []
        for node in nodes:
            when = happened(node) or 0.0
            if when >= x.low:
                fill = QUIET if dead_rows(node) else MUTED
                shapes.append(rect(x(when) - 1.5, y - 5, 3, 10, fill, words_of(node)))
        return shapes

    return draw
