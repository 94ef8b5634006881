"""Every row of one patient as tables: when, what, what it says, who wrote it, in what state; as the chart writes it."""

from collections.abc import Callable, Iterator
from typing import Any

from ehr_sandbox.describe.charts import Charts, Person
from ehr_sandbox.describe.markup import Html, tag
from ehr_sandbox.describe.reading import (
    Node,
    at,
    concept_text,
    dead_rows,
    happened,
    main_concept,
    plain,
    rows_at,
    shown_when,
    text_at,
    value_text,
    written_recorded,
    written_when,
)
from ehr_sandbox.describe.timeline import dose_of

_LONG = 300


def row_tables(charts: Charts, person: Person, *, is_open: bool) -> Html:
    """is_open: unfolded and whole; else folded, and a type's first 300 rows."""
    head = tag("summary", f"Every row ({person.size})")
    return tag("details", head, *_tables(charts, person, is_open), open=is_open or None)


def _tables(charts: Charts, person: Person, is_open: bool) -> Iterator[Html]:
    yield tag("h4", f"Patient ({1 + len(person.duplicates)})")
    yield _patients(person)
    for kind in sorted(person.rows):
        nodes = sorted(person.of(kind), key=lambda n: (happened(n) or 0, str(n["id"])))
        shown = nodes if is_open else nodes[:_LONG]
        yield tag("h4", f"{kind} ({len(nodes)}{', the first ' + str(_LONG) if len(shown) < len(nodes) else ''})")
        yield _table(_HEAD, [_row(charts, kind, node) for node in shown])


_HEAD = ("when", "recorded", "what", "says", "by", "status", "id")


def _patients(person: Person) -> Html:
    rows = [_patient_row(node) for node in (person.patient, *person.duplicates)]
    return _table(("birth date", "gender", "deceased", "link", "id"), rows)


def _patient_row(node: Node) -> Html:
    links = [f"{text_at(link, 'type')} {text_at(link, 'other', 'reference')}" for link in rows_at(node, "link")]
    deceased = shown_when(text_at(node, "deceasedDateTime")) or at(node, "deceasedBoolean")
    cells = (text_at(node, "birthDate") or "not recorded", text_at(node, "gender"), deceased, "; ".join(links))
    return tag("tr", *(tag("td", _shown(cell)) for cell in cells), tag("td", node["id"], class_="id keep"))


def _row(charts: Charts, kind: str, node: Node) -> Html:
    status = text_at(node, "status") or text_at(node, "verificationStatus", "coding", 0, "code")
    notes = [f"note: {text}" for note in rows_at(node, "note") if (text := text_at(note, "text"))]
    says = "; ".join(part for part in (_SAYS.get(kind, _nothing)(node), *notes) if part)
    codes = " ".join(code for coding in rows_at(main_concept(node), "coding") if (code := text_at(coding, "code")))
    what = concept_text(main_concept(node))
    return tag(
        "tr",
        tag("td", _shown(shown_when(written_when(node))), class_="when"),
        tag("td", _shown(shown_when(written_recorded(node))), class_="when"),
        tag("td", _shown(what), " ", tag("code", codes) if codes and codes != what else None, class_="what"),
        tag("td", says),
        tag("td", _shown(_author(charts, node))),
        tag("td", _shown(status), class_="keep"),
        tag("td", node["id"], class_="id keep"),
        class_="off" if dead_rows(node) else None,
    )


def _table(head: tuple[str, ...], rows: list[Html]) -> Html:
    return tag("table", tag("thead", tag("tr", *(tag("th", words) for words in head))), tag("tbody", *rows))


def _shown(cell: object) -> str:
    return "" if cell is None else str(cell)


def _author(charts: Charts, node: Node) -> str | None:
    for path in (
        ("recorder",),
        ("requester",),
        ("author", 0),
        ("performer", 0, "actor"),
        ("performer", 0),
        ("participant", 0, "individual"),
    ):
        reference = text_at(node, *path, "reference")
        if reference:
            return charts.named(reference) or text_at(node, *path, "display")
    return None


def _nothing(node: Node) -> str | None:
    return None


def _period(node: Node) -> str:
    start, end = (shown_when(text_at(node, "period", name)) for name in ("start", "end"))
    return f"{start or '?'} to {end or 'open'}"


def _subject(node: Node) -> str:
    arm = text_at(node, "assignedArm") or text_at(node, "actualArm")
    return f"arm {arm}; {_period(node)}" if arm else f"no arm; {_period(node)}"


def _encounter(node: Node) -> str:
    reason = concept_text(at(node, "reasonCode", 0))
    return "; ".join(str(p) for p in (text_at(node, "class", "code"), _period(node), reason) if p)


def _administration(node: Node) -> str:
    dose = dose_of(node)
    parts = (
        f"{plain(dose[0])} {dose[1]}" if dose else None,
        text_at(node, "dosage", "text"),
        concept_text(at(node, "statusReason", 0)),
    )
    return "; ".join(part for part in parts if part)


def _request(node: Node) -> str:
    doses = [text for d in rows_at(node, "dosageInstruction") if (text := text_at(d, "text"))]
    structured = [
        f"{plain(float(v))} {text_at(r, 'doseQuantity', 'unit') or ''}"
        for d in rows_at(node, "dosageInstruction")
        for r in rows_at(d, "doseAndRate")
        if isinstance(v := at(r, "doseQuantity", "value"), int | float)
    ]
    prior = text_at(node, "priorPrescription", "reference")
    ends = shown_when(text_at(node, "dispenseRequest", "validityPeriod", "end"))
    more = (text_at(node, "intent"), f"until {ends}" if ends else None, f"after {prior}" if prior else None)
    return "; ".join([*doses, *(f"dose {s}" for s in structured), *(part for part in more if part)])


def _condition(node: Node) -> str:
    ended = text_at(node, "abatementDateTime")
    return "; ".join(
        p for p in (text_at(node, "clinicalStatus", "coding", 0, "code"), f"until {ended}" if ended else None) if p
    )


def _event(node: Node) -> str:
    said = [
        f"{name} {text}" for name in ("severity", "seriousness", "outcome") if (text := concept_text(at(node, name)))
    ]
    suspects = [str(ref) for s in rows_at(node, "suspectEntity") if (ref := text_at(s, "instance", "reference"))]
    detected = shown_when(text_at(node, "detected"))
    heard = [f"detected {detected}"] if detected else []
    return "; ".join([*said, *heard, *(f"suspected {ref}" for ref in suspects)])


def _consent(node: Node) -> str:
    return "; ".join(p for p in (concept_text(at(node, "scope")), text_at(node, "provision", "type")) if p)


def _allergy(node: Node) -> str:
    reactions = [t for r in rows_at(node, "reaction") for m in rows_at(r, "manifestation") if (t := concept_text(m))]
    said = (text_at(node, "type"), text_at(node, "criticality"), text_at(node, "clinicalStatus", "coding", 0, "code"))
    return "; ".join([*(part for part in said if part), *reactions])


def _document(node: Node) -> str:
    visit = text_at(node, "context", "encounter", 0, "reference")
    return "; ".join(p for p in (text_at(node, "docStatus"), text_at(node, "description"), visit) if p)


def _procedure(node: Node) -> str | None:
    return concept_text(at(node, "category"))


def _observation(node: Node) -> str:
    return "; ".join(p for p in (value_text(node), text_at(node, "encounter", "reference")) if p)


def _report(node: Node) -> str | None:
    return text_at(node, "conclusion")


_SAYS: dict[str, Callable[[Any], str | None]] = {
    "AdverseEvent": _event,
    "AllergyIntolerance": _allergy,
    "Condition": _condition,
    "Consent": _consent,
    "DiagnosticReport": _report,
    "DocumentReference": _document,
    "Encounter": _encounter,
    "MedicationAdministration": _administration,
    "MedicationRequest": _request,
    "Observation": _observation,
    "Procedure": _procedure,
    "ResearchSubject": _subject,
}
