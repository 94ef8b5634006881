"""Who they are: ages, sex, race, ethnicity, and for a trial the usual first table, by arm."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from ehr_sandbox.describe.charts import Charts, Person
from ehr_sandbox.describe.figures import percent, quantile
from ehr_sandbox.describe.markup import Html, tag
from ehr_sandbox.describe.page import cards, figure, section
from ehr_sandbox.describe.palette import KINDS
from ehr_sandbox.describe.plots import pyramid, shares
from ehr_sandbox.describe.reading import day_of, dead_rows, happened, plain, quantities, rows_at, text_at

_YEAR = 365.2425


def age_of(person: Person) -> float | None:
    """In years, at enrolment; outside a trial at the person's last record."""
    born = day_of(text_at(person.patient, "birthDate"))
    day = person.enrolment if person.enrolment is not None else person.span[1] if person.span else None
    return (day - born) / _YEAR if born is not None and day is not None else None


def population(charts: Charts) -> Html:
    people = charts.persons
    ages = {sex: [age for p in people if p.sex == sex and (age := age_of(p)) is not None] for sex in ("female", "male")}
    possible = {sex: [age for age in values if 0 <= age <= 120] for sex, values in ages.items()}
    strange = sum(map(len, ages.values())) - sum(map(len, possible.values()))
    unknown = sum(age_of(p) is None for p in people)
    about = f"in years {'at enrolment' if charts.enrolled else 'at the last record'}; {unknown} without a birth date"
    about += f", {strange} not between 0 and 120" if strange else ""
    return section(
        "people",
        "People",
        "One row per person; merged duplicates count once.",
        cards(
            figure(
                "Age by sex",
                about,
                pyramid("age by sex", possible["female"], possible["male"], ("Female", "Male"), (KINDS[3], KINDS[0])),
            ),
            figure(
                "Sex, race and ethnicity",
                "as Patient.gender and the US Core extensions record them",
                *_counted(people, "Sex", lambda p: p.sex),
                *_counted(people, "Race", lambda p: p.group("race")),
                *_counted(people, "Ethnicity", lambda p: p.group("ethnicity")),
            ),
            _first_table(charts),
        ),
    )


def _counted(people: Sequence[Person], title: str, of: Callable[[Person], str]) -> list[Html]:
    counts = Counter(map(of, people)).most_common()
    ordered = sorted(counts, key=lambda row: (row[0] == "not recorded", -row[1], row[0]))
    return [tag("h3", title), shares(title, ordered, len(people), gutter=190)] if ordered else []


def _first_table(charts: Charts) -> Html | None:
    """Baseline by arm, as the first table of a trial's report."""
    if not charts.arms:
        return None
    columns = [[p for p in charts.enrolled if p.arm == arm] for arm in charts.arms] + [list(charts.enrolled)]
    heads = [f"{name} (n = {len(people)})" for name, people in zip([*charts.arms, "All"], columns, strict=True)]
    rows: list[Html] = [_line("Age at enrolment, median (IQR)", [_spread(map(age_of, c)) for c in columns])]
    for title, of in _KINDS:
        names = sorted({of(p) for p in charts.enrolled}, key=lambda name: (name == "not recorded", name))
        rows.append(tag("tr", tag("td", title, colspan=len(heads) + 1), class_="head"))
        rows += [_line(name, [_part(c, of, name) for c in columns], is_inner=True) for name in names]
    for title, code in _BASELINE:
        if (unit := charts.units.get((_LOINC, code))) is not None:
            spreads = [_spread(_first(p, code, unit) for p in c) for c in columns]
            rows.append(_line(f"{title}{', ' + unit if unit else ''}, median (IQR)", spreads))
    head = tag("tr", tag("th", ""), *(tag("th", words, class_="n") for words in heads))
    about = "enrolled subjects: with an arm and a start of their period; the first values that count"
    return figure("Baseline by arm", about, tag("table", tag("thead", head), tag("tbody", *rows)), wide=True)


_KINDS: tuple[tuple[str, Callable[[Person], str]], ...] = (
    ("Sex", lambda p: p.sex),
    ("Race", lambda p: p.group("race")),
    ("Ethnicity", lambda p: p.group("ethnicity")),
    ("Stage", lambda p: p.stage or "not recorded"),
)
_LOINC = "http://loinc.org"
_BASELINE = (
    ("ECOG performance status", "89247-1"),
    ("Body mass index", "39156-5"),
    ("Weight", "29463-7"),
    ("Hemoglobin", "718-7"),
    ("Neutrophils", "751-8"),
    ("Platelets", "777-3"),
    ("Creatinine", "2160-0"),
)


def _line(name: str, cells: Sequence[str], *, is_inner: bool = False) -> Html:
    return tag("tr", tag("td", name, class_="m" if is_inner else None), *(tag("td", c, class_="n") for c in cells))


def _part(people: Sequence[Person], of: Callable[[Person], str], name: str) -> str:
    n = sum(of(p) == name for p in people)
    return f"{n} ({percent(n, len(people))})"


def _spread(values: Iterable[float | None]) -> str:
    known = sorted(value for value in values if value is not None)
    if not known:
        return "-"
    low, middle, high = (plain(round(quantile(known, q), 1)) for q in (0.25, 0.5, 0.75))
    return f"{middle} ({low}\N{EN DASH}{high})"


def _first(person: Person, code: str, unit: str) -> float | None:
    """The earliest number with this code in this unit; rows that do not count are left out."""
    found = [
        (happened(node) or 0.0, str(node["id"]), value)
        for node in person.of("Observation")
        if any(coding.get("code") == code for coding in rows_at(node, "code", "coding")) and not dead_rows(node)
        for _, value, written in quantities(node)
        if written == unit
    ]
    return min(found)[2] if found else None
