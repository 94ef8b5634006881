"""How much there is: resources by type, per patient, and how many of each type a patient has."""

from ehr_sandbox.describe.charts import Charts
from ehr_sandbox.describe.figures import percent, quantile
from ehr_sandbox.describe.markup import Html
from ehr_sandbox.describe.page import cards, figure, section, table
from ehr_sandbox.describe.palette import ACCENT
from ehr_sandbox.describe.plots import histogram, shares
from ehr_sandbox.describe.reading import plain


def volumes(charts: Charts) -> Html:
    sizes = [float(person.size) for person in charts.persons]
    by_type = sorted(((kind, len(nodes)) for kind, nodes in charts.by_type.items()), key=lambda row: (-row[1], row[0]))
    return section(
        "volumes",
        "Resources",
        "How many there are, and how they are spread over the patients.",
        cards(
            figure(
                "Resources per patient",
                "the Patient and every row that names it",
                histogram("resources per patient", {"patients": sizes}, {"patients": ACCENT}, unit="resources"),
            ),
            figure("Resources by type", f"{charts.size} in all", shares("resources by type", by_type, charts.size)),
            _per_patient(charts),
        ),
    )


def _per_patient(charts: Charts) -> Html | None:
    kinds = sorted({kind for person in charts.persons for kind in person.rows})
    if not kinds:
        return None
    rows = []
    for kind in kinds:
        counts = sorted(float(len(person.of(kind))) for person in charts.persons)
        having = sum(count > 0 for count in counts)
        shown = [plain(quantile(counts, q)) for q in (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)]
        rows.append([kind, percent(having, len(counts)), *shown])
    head = ("type", "patients with any", "fewest", "5 %", "25 %", "median", "75 %", "95 %", "most")
    return figure("Rows per patient", "", table(head, rows, numbers=frozenset(range(1, 9))), wide=True)
