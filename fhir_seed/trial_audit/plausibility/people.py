"""Who the person is: sex and cancer, problems and medicines, site."""

from collections import Counter
from collections.abc import Iterator, Mapping

from fhir_seed.trial_audit.plausibility.chart import Chart, Json, Person, has_code, is_study_drug, name

_OF_ONE_SEX: Mapping[str, str] = {
    "399068003": "male",  # prostate
    "363449006": "male",  # testis
    "363443007": "female",  # ovary
    "371973000": "female",  # uterus
    "363354003": "female",  # cervix
}
_CANCERS = ("254637007", "93761005", "93689003")
_DIABETES, _NEUROPATHY, _KIDNEY, _HEART, _INFARCTION = (
    "44054006", "368581000119106", "433144002", "84114007", "399211009",
)  # fmt: skip
_HYPERTENSION, _LIPIDS = "59621000", "55822004"
_TREATS: Mapping[str, tuple[str, ...]] = {
    "860975": (_DIABETES, _NEUROPATHY),
    "483438": (_NEUROPATHY,),
    "310429": (_KIDNEY, _HEART),
    "243670": (_INFARCTION,),
    "617311": (_INFARCTION, _LIPIDS),
    "617310": (_LIPIDS,),
    "312961": (_LIPIDS,),
    "200033": (_HEART,),
    "309362": ("230690007",),
    "896209": ("13645005",),
    "312617": ("69896004",),
    "314076": (_HYPERTENSION,),
    "314077": (_HYPERTENSION,),
    "308136": (_HYPERTENSION,),
    "979492": (_HYPERTENSION,),
    "310798": (_HYPERTENSION,),
    "198440": ("239873007",),
    "312938": ("36923009",),
    "197319": ("90560007",),
    "904419": ("64859006",),
    "855332": ("49436004",),
}
"""SNOMED CT codes of the problems that a product (RxNorm) is for."""
_SUPPORT = frozenset({"1740467", "198440", "3264"})
"""Given with infusions, whatever the problems."""
_GROUPS: Mapping[str, str] = {
    "617311": "statin", "617310": "statin", "312961": "statin",
    "314076": "lisinopril", "314077": "lisinopril",
}  # fmt: skip
"""Products of one group; any other is a group of its own."""


def cancer_of_sex(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    for row in person.of("Condition"):
        for code, sex in _OF_ONE_SEX.items():
            if has_code(row["code"], code) and person.patient.get("gender") != sex:
                yield name(row), f"{row['code']['text']} in a {person.patient.get('gender')} person"


def study_cancer(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    if not person.of("ResearchSubject"):
        return
    found = [row for row in person.of("Condition") if has_code(row["code"], *_CANCERS) and _stands(row)]
    study = chart.target(person.of("ResearchSubject")[0].get("study"))
    wanted = [coding["code"] for concept in study.get("condition", ()) for coding in concept.get("coding", ())]
    if len(found) != 1 or not has_code(found[0]["code"], *wanted):
        yield person.reference, f"cancers {[row['code'].get('text') for row in found]}, not {wanted}"


def medicines_explained(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    for row in _taken(person):
        reasons = [chart.target(reference) for reference in row.get("reasonReference", ())]
        for product in _products(row):
            known = product in _TREATS or product in _SUPPORT
            treats = any(has_code(reason.get("code"), *_TREATS.get(product, ())) for reason in reasons)
            if known and not treats and not (product in _SUPPORT and "reasonCode" in row):
                yield name(row), f"{product} for {[reason.get('code', {}).get('text') for reason in reasons]}"


def no_duplicate_medicines(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    groups = Counter(_GROUPS.get(product, product) for row in _taken(person) for product in _products(row))
    for group, number in groups.items():
        if number > 1:
            yield person.reference, f"{number} orders of {group}"


def one_site(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    site = person.patient.get("managingOrganization")
    for row in person.of("Encounter"):
        if row.get("serviceProvider", site) != site:
            yield name(row), "another site"
    for row in person.of("DocumentReference"):
        if row.get("custodian", site) != site:
            yield name(row), "another site"


def _taken(person: Person) -> list[Json]:
    return [
        row
        for row in person.of("MedicationRequest")
        if row["status"] == "active" and not is_study_drug(row.get("medicationCodeableConcept"))
    ]


def _products(row: Json) -> list[str]:
    return [c["code"] for c in row.get("medicationCodeableConcept", {}).get("coding", ()) if "rxnorm" in c["system"]]


def _stands(row: Json) -> bool:
    return not has_code(row.get("verificationStatus"), "entered-in-error", "refuted")
