"""Who the person is: sex and cancer, problems and medicines, site."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

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
_HYPERTENSION, _LIPIDS, _STROKE, _FIBRILLATION = "59621000", "55822004", "230690007", "49436004"
_LUNG, _JOINTS, _KNEE, _ANXIETY = "13645005", "69896004", "239873007", "197480006"
_SUGAR = (_DIABETES, _NEUROPATHY)
_PRODUCTS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("statin", ("259255", "312961", "617310", "617311", "617312"), (_LIPIDS, _INFARCTION, _STROKE, *_SUGAR)),
    ("lisinopril", ("311354", "314076", "314077"), (_HYPERTENSION, _INFARCTION, _HEART, _KIDNEY, *_SUGAR)),
    ("aspirin", ("212033", "243670"), (_INFARCTION, _STROKE, *_SUGAR)),
    ("metoprolol", ("866427", "866436"), (_HYPERTENSION, _INFARCTION, _HEART, _FIBRILLATION, _ANXIETY)),
    ("furosemide", ("310429", "313988"), (_KIDNEY, _HEART)),
    ("prednisone", ("312615", "312617"), (_JOINTS, _LUNG)),
    ("acetaminophen", ("198440", "313782"), (_KNEE,)),
    ("metformin", ("860975",), _SUGAR),
    ("pregabalin", ("483438",), (_NEUROPATHY,)),
    ("carvedilol", ("200033",), (_HEART,)),
    ("clopidogrel", ("309362",), (_STROKE,)),
    ("fluticasone and salmeterol", ("896209",), (_LUNG,)),
    ("amlodipine", ("308136",), (_HYPERTENSION, _KIDNEY)),
    ("losartan", ("979492",), (_HYPERTENSION,)),
    ("hydrochlorothiazide", ("310798",), (_HYPERTENSION,)),
    ("sertraline", ("312938",), ("36923009",)),
    ("allopurinol", ("197319",), ("90560007",)),
    ("alendronic acid", ("904419",), ("64859006",)),
    ("warfarin", ("855332",), (_FIBRILLATION,)),
    ("spironolactone", ("313096",), (_HYPERTENSION, _HEART)),
)
"""What nobody takes two products of, its products (RxNorm), and the problems that they are for (SNOMED CT)."""
_TREATS: Mapping[str, tuple[str, ...]] = {code: problems for _, codes, problems in _PRODUCTS for code in codes}
_GROUPS: Mapping[str, str] = {code: group for group, codes, _ in _PRODUCTS for code in codes}
"""Any other product is a group of its own."""
_TAKEN = frozenset({"active"})
_WRITTEN = _TAKEN | {"completed", "stopped"}


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
    """By a problem that the medicine is for, or in words: a support of the infusions, a complaint."""
    for row in _ordered(person, _WRITTEN):
        reasons = [chart.target(reference) for reference in row.get("reasonReference", ())]
        for product in _products(row):
            problems = _TREATS.get(product)
            fits = any(problems is None or has_code(reason.get("code"), *problems) for reason in reasons)
            if not fits and not ("reasonCode" in row and not reasons):
                yield name(row), f"{product} for {[reason.get('code', {}).get('text') for reason in reasons]}"


def no_duplicate_medicines(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    groups = Counter(_GROUPS.get(product, product) for row in _ordered(person, _TAKEN) for product in _products(row))
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


def _ordered(person: Person, statuses: Collection[str]) -> list[Json]:
    """Beside the study drug."""
    return [
        row
        for row in person.of("MedicationRequest")
        if row["status"] in statuses and not is_study_drug(row.get("medicationCodeableConcept"))
    ]


def _products(row: Json) -> list[str]:
    return [c["code"] for c in row.get("medicationCodeableConcept", {}).get("coding", ()) if "rxnorm" in c["system"]]


def _stands(row: Json) -> bool:
    return not has_code(row.get("verificationStatus"), "entered-in-error", "refuted")
