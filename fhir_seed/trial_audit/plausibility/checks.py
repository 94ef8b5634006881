"""The table of checks, and a run of all of them over one world."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fhir_seed.trial_audit.plausibility import notes, order, people, treatment, values
from fhir_seed.trial_audit.plausibility.chart import Check, read_chart

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "values are possible in a living adult": values.possible,
        "units are those of the code": values.units,
        "interpretations follow the reference range": values.interpretations,
        "body mass index is weight over height squared": values.body_mass_index,
        "weight changes slowly": values.weight_changes,
        "neutrophils are some of the leukocytes": values.leukocytes,
        "results are reported after the blood is taken": order.reported_after_taken,
        "encounters contain what was observed in them": order.inside_encounters,
        "consent comes before all that is done for the study": order.consent_first,
        "screening, enrolment and treatment follow each other": order.study_order,
        "nothing is later than the present": order.nothing_in_the_future,
        "the dead are not seen": order.alive_when_seen,
        "events are heard of after they begin, serious ones within a day": order.events_reported,
        "cancers occur in the sex": people.cancer_of_sex,
        "everyone has the study's cancer": people.study_cancer,
        "medicines have a problem or a support that explains them": people.medicines_explained,
        "nobody takes two products of one group": people.no_duplicate_medicines,
        "the site is one": people.one_site,
        "each dose has its visit, weight and blood": treatment.prepared,
        "doses follow the dosing rule": treatment.dosing_rule,
        "nobody is given a dose that is to be held": treatment.held_doses,
        "low counts after a dose are events, and events have low counts": treatment.events_of_counts,
        "admissions are of serious events": treatment.admissions,
        "nobody is treated during a stay": treatment.at_home_when_treated,
        "notes quote the chart": notes.quotes,
        "notes are silent about what is graded": notes.silent,
    }
)
"""By what each asserts."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """person: the surviving Patient; reference: the resource that is doubtful."""

    check: str
    person: str
    reference: str
    what: str


def doubts(
    resources: Iterable[bytes],
    now: str,
    *,
    apart_from: Collection[str] = (),
    known: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> list[Doubt]:
    """What is not plausible, in order of the table. apart_from: checks not to run; known: by check, people (surviving
    Patient) of whom the chart is wrong on purpose. Raises KeyError for a check that is not in the table.
    """
    if unknown := {*apart_from, *known} - CHECKS.keys():
        raise KeyError(f"no such checks: {', '.join(sorted(unknown))}")
    chart = read_chart(resources, now)
    return [
        Doubt(check, person.reference, reference, what)
        for check, ask in CHECKS.items()
        if check not in apart_from
        for person in chart.people
        if person.reference not in known.get(check, ())
        for reference, what in ask(person, chart)
    ]
