"""The whole report: what there is, who, what is coded, how much, when, what is missing, values, single patients."""

from collections.abc import Sequence

from ehr_sandbox.describe.charts import Charts, Person
from ehr_sandbox.describe.codes import codes
from ehr_sandbox.describe.courses import courses
from ehr_sandbox.describe.figures import quantile
from ehr_sandbox.describe.markup import Html, tag
from ehr_sandbox.describe.missingness import missingness
from ehr_sandbox.describe.page import page, section, tiles
from ehr_sandbox.describe.person import person_view
from ehr_sandbox.describe.population import population
from ehr_sandbox.describe.reading import iso, plain, text_at
from ehr_sandbox.describe.values import values
from ehr_sandbox.describe.volumes import volumes
from fhir_r4 import Invalid, NotFound

_SECTIONS = (
    ("people", "People"), ("codes", "Codes"), ("volumes", "Resources"), ("time", "Time lines"), ("values", "Values"),
    ("missing", "Missing"), ("patients", "Patients"),
)  # fmt: skip


def describe(charts: Charts, people: Sequence[Person]) -> str:
    """HTML that needs no other file. people: those to show one by one. The same charts give the same bytes."""
    title = text_at(charts.study, "title") or text_at(charts.study, "description") or "Patients and their charts"
    shown = values(charts)
    content = [
        population(charts),
        codes(charts),
        volumes(charts),
        courses(charts),
        shown,
        missingness(charts),
        section(
            "patients",
            "Single patients",
            f"{len(people)} of {len(charts.persons)}. Hover over a mark to read it.",
            *(person_view(charts, person) for person in people),
        ),
    ]
    bar = [(anchor, words) for anchor, words in _SECTIONS if anchor != "values" or shown]
    return page(title, _head(charts, title), *content, _foot(charts), sections=bar)


def chosen_people(charts: Charts, wanted: str) -> list[Person]:
    """`6`: the first so many by id (ids say nothing, so that is a sample), people without any row last. Else ids with
    commas: of a Patient, a merged duplicate or a ResearchSubject, typed or not. Raises Invalid and NotFound."""
    if wanted.isdecimal():
        return sorted(charts.persons, key=lambda person: not person.rows)[: int(wanted)]
    names = {alias: person for person in charts.persons for alias in _aliases(person)}
    ids = [word.strip() for word in wanted.split(",") if word.strip()]
    if not ids:
        raise Invalid("--patients is a number, as in 6, or ids with commas between them")
    unknown = [word for word in ids if word not in names]
    if unknown:
        raise NotFound(
            f"no patient {', '.join(unknown)} in this world; --patients takes ids of Patient or ResearchSubject"
        )
    return [names[word] for word in ids]


def _aliases(person: Person) -> list[str]:
    out = []
    for node in (person.patient, *person.duplicates, *person.of("ResearchSubject")):
        out += [str(node["id"]), f"{node['resourceType']}/{node['id']}"]
    return out


def _head(charts: Charts, title: str) -> Html:
    spans = [person.span for person in charts.persons if person.span]
    sizes = sorted(float(person.size) for person in charts.persons) or [0.0]
    dead = sum(person.death is not None or person.patient.get("deceasedBoolean") is True for person in charts.persons)
    facts: list[tuple[str, object]] = [("patients", len(charts.persons)), ("resources", f"{charts.size:,}")]
    facts += [
        ("types of resources", len(charts.by_type)),
        ("resources per patient, median", plain(quantile(sizes, 0.5))),
    ]
    if charts.enrolled:
        facts.append(("enrolled subjects", len(charts.enrolled)))
        facts.append(("sites", len({text_at(p.patient, "managingOrganization", "reference") for p in charts.enrolled})))
    facts.append(("have died", dead))
    if spans:
        first, last = min(start for start, _ in spans), max(end for _, end in spans)
        facts.append(("years of records", f"{iso(first)[:4]}\N{EN DASH}{iso(last)[:4]}"))
    lead = text_at(charts.study, "identifier", 0, "value")
    return tag(
        "header",
        tag("h1", title),
        tag("p", f"Protocol {lead}" if lead else "", class_="lead"),
        tiles(facts),
        class_="top",
    )


def _foot(charts: Charts) -> Html:
    now = f" Its present instant is {charts.now}." if charts.now else ""
    made = f"Made from {charts.size} FHIR R4 resources and nothing else (digest {charts.digest})."
    return tag("footer", f"{made}{now}")
