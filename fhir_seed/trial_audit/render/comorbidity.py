"""Comorbid conditions in keeping with the comorbidity index: the weights of those chosen add up to it."""

from dataclasses import dataclass

from orjson import Fragment

from fhir_seed.codes import coding
from fhir_seed.stream import Stream
from fhir_seed.trial_audit.render.written import fixed


@dataclass(frozen=True, slots=True)
class Comorbidity:
    """weight: points of the index. medicines: RxNorm codes, any of which fits. words: as a note says it."""

    words: str
    weight: int
    concept: Fragment
    medicines: tuple[str, ...] = ()


def _row(words: str, weight: int, snomed: str, icd: str, *medicines: str) -> Comorbidity:
    concept = {"coding": [coding("snomed", snomed), coding("icd-10-cm", icd)], "text": words}
    return Comorbidity(words, weight, fixed(concept), medicines)


_DIABETES = _row("type 2 diabetes", 1, "44054006", "E11.9", "860975")
_NEUROPATHY = _row("diabetic neuropathy", 2, "368581000119106", "E11.40", "860975", "483438")
DIABETIC = (_DIABETES, _NEUROPATHY)
RENAL = _row("chronic kidney disease", 2, "433144002", "N18.30", "310429")
_HEART_FAILURE = _row("heart failure", 2, "84114007", "I50.9", "200033")
_HEAVY = (_NEUROPATHY, RENAL, _HEART_FAILURE)
HEPATIC = _row("chronic hepatitis C", 1, "128302006", "B18.2")
_LIGHT = (
    _row("old myocardial infarction", 1, "399211009", "I25.2", "243670", "617311"),
    _row("stroke", 1, "230690007", "I63.9", "309362"),
    _row("COPD", 1, "13645005", "J44.9", "896209"),
    _row("rheumatoid arthritis", 1, "69896004", "M06.9", "312617"),
    HEPATIC,
    _DIABETES,
)
OBESITY = _row("obesity", 0, "414916001", "E66.9")
_REFLUX = _row("gastroesophageal reflux", 0, "235595009", "K21.9")
_ANXIETY = _row("anxiety", 0, "197480006", "F41.9")
MAY_RESOLVE = (_REFLUX, _ANXIETY)
HYPERTENSIVE = (
    _row("hypertension", 0, "59621000", "I10", "314076", "308136", "979492"),
    _row("hypertension", 0, "59621000", "I10", "310798", "314077"),
)
_UNWEIGHTED = (
    *HYPERTENSIVE,
    _row("hyperlipidemia", 0, "55822004", "E78.5", "617310", "312961"),
    _REFLUX,
    _row("osteoarthritis of the knee", 0, "239873007", "M17.9", "198440"),
    _row("depression", 0, "36923009", "F32.9", "312938"),
    _row("gout", 0, "90560007", "M10.9", "197319"),
    _row("osteoporosis", 0, "64859006", "M81.0", "904419"),
    _row("atrial fibrillation", 0, "49436004", "I48.91", "855332"),
    _row("sleep apnea", 0, "78275009", "G47.33"),
    _ANXIETY,
)


def choose_comorbidities(stream: Stream, index: int, total: int, *, obese: bool) -> tuple[Comorbidity, ...]:
    """total of them, or as many as the index needs; an index beyond the table's sum takes the whole table.

    A high index takes heavy conditions first, so that the number of Conditions hardly tells the index.
    """
    chosen = _for_index(stream, index)
    if obese and len(chosen) < total:
        chosen.append(OBESITY)
    words = {one.words for one in chosen}
    while len(chosen) < total:
        one = stream.choice(_UNWEIGHTED)
        if one.words not in words:
            words.add(one.words)
            chosen.append(one)
    return tuple(chosen)


def _for_index(stream: Stream, index: int) -> list[Comorbidity]:
    heavy = index // 2 if index >= 4 else index // 2 * stream.below(2)
    chosen = stream.sample(_HEAVY, min(heavy, len(_HEAVY)))
    left = index - 2 * len(chosen)
    light = _LIGHT[:-1] if _NEUROPATHY in chosen else _LIGHT
    return chosen + stream.sample(light, min(left, len(light)))
