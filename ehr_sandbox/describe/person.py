"""One patient's chart to look at: who, a time line, measurements, notes, and every row."""

from collections.abc import Iterator

from ehr_sandbox.describe.charts import Charts, Person, arm_of, person_name
from ehr_sandbox.describe.markup import Html, tag
from ehr_sandbox.describe.notes import notes
from ehr_sandbox.describe.reading import at, concept_text, rows_at, shown_when, text_at
from ehr_sandbox.describe.rows import row_tables
from ehr_sandbox.describe.strips import strips
from ehr_sandbox.describe.timeline import calendar_of, timeline


def person_view(charts: Charts, person: Person, *, is_open: bool = False) -> Html:
    """is_open: notes and rows are unfolded and whole."""
    x = calendar_of(person)
    plots, listed = strips(person, x) if x else (None, None)
    facts = [tag("div", tag("dt", word), tag("dd", value)) for word, value in _facts(charts, person)]
    return tag(
        "article",
        tag("h3", person_name(person.patient) or f"Patient/{person.id}"),
        tag("dl", *facts, class_="facts"),
        timeline(person, x) if x else tag("p", "Nothing in this chart has a date.", class_="note"),
        plots,
        tag("h4", "Measured once or twice") if listed else None,
        listed,
        notes(charts, person, is_open=is_open),
        row_tables(charts, person, is_open=is_open),
        class_="person",
        id=f"patient-{person.id}",
    )


def _facts(charts: Charts, person: Person) -> Iterator[tuple[str, str]]:
    patient, subject = person.patient, person.subject
    yield "sex", person.sex
    yield "born", text_at(patient, "birthDate") or "not recorded"
    deceased = shown_when(text_at(patient, "deceasedDateTime")) or at(patient, "deceasedBoolean")
    if deceased is not None:
        yield "deceased", str(deceased)
    yield "race", person.group("race")
    yield "ethnicity", person.group("ethnicity")
    for identifier in rows_at(patient, "identifier"):
        kind = (
            concept_text(at(identifier, "type")) or (text_at(identifier, "system") or "identifier").rsplit("/", 1)[-1]
        )
        yield kind, text_at(identifier, "value") or "-"
    if site := charts.named(text_at(patient, "managingOrganization", "reference")):
        yield "site", f"{site} ({text_at(patient, 'managingOrganization', 'reference')})"
    if subject:
        yield "subject", f"{text_at(subject, 'identifier', 0, 'value') or '-'} (ResearchSubject/{subject['id']})"
        yield "status", text_at(subject, "status") or "-"
        yield "arm", arm_of(subject) or "none"
        yield "enrolled", shown_when(text_at(subject, "period", "start")) or "-"
    yield "rows", str(person.size)
