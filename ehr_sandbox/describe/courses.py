"""Time lines of all patients together: enrolment, treatment, deaths, follow-up; years of care outside a trial."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from ehr_sandbox.describe.charts import Charts, Person
from ehr_sandbox.describe.figures import marks, survival
from ehr_sandbox.describe.markup import Html
from ehr_sandbox.describe.page import cards, figure, section
from ehr_sandbox.describe.palette import ACCENT, BLACK, FAINT, INK, WARM, colours
from ehr_sandbox.describe.plots import histogram, steps
from ehr_sandbox.describe.reading import Node, concept_code, day_of, dead_rows, happened, medication_of, rows_at
from ehr_sandbox.describe.svg import (
    Scale,
    calendar_grid,
    canvas,
    circle,
    horizontal_grid,
    label,
    legend,
    line,
    rect,
    vertical_grid,
)

_SWIMMERS = 60
_A_PLOT = 8
"""Fewer deaths are seen well enough in the years of care."""
_MONTH = 30.4375


def courses(charts: Charts) -> Html:
    content = cards(*_trial(charts)) if charts.enrolled else cards(*_care(charts))
    return section("time", "Time lines", "Calendar days as written in the chart.", content)


def study_doses(charts: Charts, person: Person) -> list[Node]:
    """Administrations that count of what the study is about, in order of time; of anything, if it names no drug."""
    drugs = {concept_code(focus) for focus in rows_at(charts.study, "focus")} - {("", "")}
    counted = [
        (when, str(node["id"]), node)
        for node in person.of("MedicationAdministration")
        if not dead_rows(node) and (when := happened(node)) is not None
        if not drugs or concept_code(medication_of(node)) in drugs
    ]
    return [node for _, _, node in sorted(counted, key=lambda row: row[:2])]


def _first_dose(charts: Charts, person: Person) -> int | None:
    doses = study_doses(charts, person)
    when = happened(doses[0]) if doses else None
    return int(when) if when is not None else None


def _trial(charts: Charts) -> list[Html | None]:
    fills = colours(charts.arms)
    in_arms = {arm: [p for p in charts.enrolled if p.arm == arm] for arm in charts.arms}
    delays = {
        arm: [float(day - (p.enrolment or 0)) for p in people if (day := _first_dose(charts, p)) is not None]
        for arm, people in in_arms.items()
    }
    cycles = {arm: [float(len(study_doses(charts, p))) for p in people] for arm, people in in_arms.items()}
    key = legend(fills, {arm: len(people) for arm, people in in_arms.items()})
    return [
        figure("Enrolment", "subjects per month", key, _months(charts, fills)),
        figure(
            "Days from enrolment to the first dose",
            "of the study drug that was given",
            key,
            histogram("days to first dose", delays, fills, unit="days", bins=30),
        ),
        figure(
            "Doses given",
            "administrations of the study drug per subject",
            key,
            histogram("doses", cycles, fills, unit="doses"),
        ),
        figure(
            "Survival from enrolment",
            "Kaplan and Meier; the earlier record of a death; who has none is taken as alive until the chart ends",
            key,
            _survival(charts, in_arms, fills),
        ),
        figure(
            "Swimmers",
            _swim_words(charts),
            legend({"dose": ACCENT, "death": BLACK, "adverse event": WARM}),
            _swimmers(charts),
            wide=True,
        ),
    ]


def _months(charts: Charts, fills: Mapping[str, str]) -> Html:
    counts = Counter((_month(p.enrolment or 1), p.arm or "") for p in charts.enrolled)
    first, last = min(m for m, _ in counts), max(m for m, _ in counts)
    tops = [sum(counts[month, arm] for arm in charts.arms) for month in range(first, last + 1)]
    x, ticks = Scale(first, last + 1, 44, 508), marks(0, max(tops), 4)
    y = Scale(0, ticks[-1], 172, 8)
    low, high = (date(m // 12, m % 12 + 1, 1).toordinal() for m in (first, last + 1))
    shapes = horizontal_grid(y, [t for t in ticks if t == int(t)], 44, 508)
    for month in range(first, last + 1):
        base = 0
        for arm in charts.arms:
            n = counts[month, arm]
            words = f"{arm}, {month // 12}-{month % 12 + 1:02d}: {n}"
            if n:
                shapes.append(
                    rect(x(month) + 1, y(base + n), x(1) - x(0) - 2, y(base) - y(base + n), fills[arm], words)
                )
            base += n
    return canvas(520, 196, "enrolment by month", *calendar_grid(Scale(low, high, 44, 508), 172, 176), *shapes)


def _month(day: int) -> int:
    at = date.fromordinal(day)
    return at.year * 12 + at.month - 1


def _survival(charts: Charts, in_arms: Mapping[str, Sequence[Person]], fills: Mapping[str, str]) -> Html | None:
    ends = day_of(charts.now) or max((end for p in charts.enrolled if (end := _end(p)) is not None), default=0)
    curves, last = {}, 1
    for arm, people in in_arms.items():
        times = [(max(0, (p.death or ends) - (p.enrolment or 0)), p.death is not None) for p in people]
        if times:
            curves[arm] = survival(times)
            last = max(last, *(t for t, _ in times))
    return steps("survival", curves, fills, last) if curves else None


def _end(person: Person) -> int | None:
    return person.death or (person.span[1] if person.span else None)


def _swim_words(charts: Charts) -> str:
    shown = min(_SWIMMERS, len(charts.enrolled))
    words = "enrolled subjects, evenly from the shortest to the longest follow-up; months from enrolment"
    return f"{shown} of {len(charts.enrolled)} {words}"


def _swimmers(charts: Charts) -> Html | None:
    measured = sorted((end - (p.enrolment or 0), p.id, p) for p in charts.enrolled if (end := _end(p)) is not None)
    if not measured:
        return None
    n = min(_SWIMMERS, len(measured))
    shown = [measured[i * (len(measured) - 1) // max(1, n - 1)] for i in range(n)]
    row, width = 9.0, 1100.0
    low = min(-1.0, min(days for days, _, _ in shown) / _MONTH)
    x = Scale(low, max(1.0, max(days for days, _, _ in shown) / _MONTH), 12, width - 12)
    bottom = n * row + 4
    shapes = vertical_grid(x, [m for m in marks(x.low, x.high, 10) if x.low <= m <= x.high], 0, bottom)
    for i, (days, _, person) in enumerate(shown):
        shapes += _swimmer(charts, person, days, x, 6 + i * row)
    return canvas(width, bottom + 20, "follow-up of subjects", *shapes)


def _swimmer(charts: Charts, person: Person, days: int, x: Scale, y: float) -> list[Html]:
    start = person.enrolment or 0
    shapes = [line(x(0), y, x(days / _MONTH), y, "#b9c4d0", 3.0)]
    for node in study_doses(charts, person):
        shapes.append(circle(x(((happened(node) or start) - start) / _MONTH), y, 2.4, ACCENT))
    for node in person.of("AdverseEvent"):
        if (when := happened(node)) is not None and not dead_rows(node):
            at = x((when - start) / _MONTH)
            shapes.append(line(at, y - 3.5, at, y + 3.5, WARM, 1.4))
    if person.death is not None:
        shapes.append(rect(x((person.death - start) / _MONTH) - 3, y - 3, 6, 6, BLACK, f"{person.id}: death"))
    return shapes


def _care(charts: Charts) -> list[Html | None]:
    """Without a trial: when there was care, for how long, and when it ended."""
    spans = [(p, p.span) for p in charts.persons if p.span]
    years = {
        "encounters": [
            float(date.fromordinal(int(w)).year) for p in charts.persons for v in p.visits if (w := happened(v))
        ]
    }
    lengths = {"patients": [(span[1] - span[0]) / 365.2425 for _, span in spans]}
    deaths = [float(date.fromordinal(p.death).year) for p, _ in spans if p.death]
    by_year = histogram("deaths by year", {"deaths": deaths}, {"deaths": BLACK}, unit="year")
    return [
        figure(
            "Encounters by year",
            "",
            histogram("encounters by year", years, {"encounters": ACCENT}, unit="year", bins=40),
        ),
        figure(
            "Follow-up",
            "from the first record to the last",
            histogram("follow-up", lengths, {"patients": ACCENT}, unit="years"),
        ),
        figure("Deaths by year", "", by_year if len(deaths) >= _A_PLOT else None),
        figure(
            "Years of care",
            f"{min(_SWIMMERS, len(spans))} of {len(spans)} patients; a tick for each encounter",
            _lifelines([p for p, _ in spans][:_SWIMMERS]),
            wide=True,
        ),
    ]


def _lifelines(people: Sequence[Person]) -> Html | None:
    spans = [(p.span, p.id, p) for p in people if p.span]
    if not spans:
        return None
    ordered = sorted(spans, key=lambda row: row[:2])
    low, high = min(span[0] for span, _, _ in ordered), max(span[1] for span, _, _ in ordered)
    row, x = 11.0, Scale(low, max(high, low + 1), 12, 1088)
    bottom = len(ordered) * row + 4
    shapes = calendar_grid(x, 0, bottom, 12)
    for i, (span, _, person) in enumerate(ordered):
        y = 7 + i * row
        shapes.append(line(x(span[0]), y, x(span[1]), y, FAINT if person.death is None else "#cfd6dd", 4.0))
        seen = sorted({round(x(when), 1) for visit in person.visits if (when := happened(visit)) is not None})
        shapes += [line(at, y - 3, at, y + 3, ACCENT, 0.8) for at in seen]
        if person.death is not None:
            shapes.append(rect(x(person.death) - 3, y - 3, 6, 6, BLACK, f"{person.id}: death"))
    shapes.append(label(12, bottom + 30, "years; a black square is a death", fill=INK))
    return canvas(1100, bottom + 36, "years of care", *shapes)
