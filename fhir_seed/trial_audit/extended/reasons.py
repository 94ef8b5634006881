"""Why a medicine is ordered beside the course's: for a problem of the person, or a complaint that anyone may have."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.extended.rates import rate

_TREATED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "hypertension": ("amlodipine", "lisinopril", "metoprolol", "spironolactone"),
        "hyperlipidemia": ("simvastatin",),
        "old myocardial infarction": ("aspirin", "lisinopril", "metoprolol", "simvastatin"),
        "stroke": ("aspirin", "simvastatin"),
        "type 2 diabetes": ("aspirin", "lisinopril", "simvastatin"),
        "diabetic neuropathy": ("aspirin", "lisinopril", "simvastatin"),
        "chronic kidney disease": ("amlodipine", "lisinopril"),
        "heart failure": ("lisinopril", "metoprolol", "spironolactone"),
        "atrial fibrillation": ("metoprolol",),
        "rheumatoid arthritis": ("prednisone",),
        "COPD": ("prednisone",),
        "anxiety": ("metoprolol",),
    }
)
"""Medicines of Appendix B that are ordered for good, by a problem as a note says it."""
_LASTING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "acetaminophen": ("Joint pain",),
        "allopurinol": ("Raised uric acid",),
        "amlodipine": ("Raised blood pressure at home", "Raynaud phenomenon"),
        "aspirin": ("Prevention of vascular events",),
        "atorvastatin": ("Raised LDL cholesterol",),
        "carvedilol": ("Palpitations",),
        "clopidogrel": ("Prevention of vascular events",),
        "dexamethasone": ("Nausea after infusion",),
        "fluticasone and salmeterol": ("Wheezing",),
        "furosemide": ("Ankle swelling",),
        "hydrochlorothiazide": ("Raised blood pressure at home",),
        "levothyroxine": ("Hypothyroidism",),
        "lisinopril": ("Raised blood pressure at home", "Albuminuria"),
        "losartan": ("Raised blood pressure at home",),
        "metoprolol": ("Palpitations", "Prevention of migraine"),
        "ondansetron": ("Nausea after infusion",),
        "prednisone": ("Loss of appetite", "Polymyalgia rheumatica"),
        "sertraline": ("Low mood",),
        "simvastatin": ("Raised LDL cholesterol",),
        "spironolactone": ("Ankle swelling",),
        "warfarin": ("Prevention of stroke",),
    }
)
"""Complaints for which medicines are ordered for good."""
_PASSING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "acetaminophen": ("Headache", "Fever", "Back pain"),
        "azithromycin": ("Acute bronchitis", "Sinusitis"),
        "carbamazepine": ("Facial neuralgia",),
        "dexamethasone": ("Nausea after infusion", "Loss of appetite"),
        "digoxin": ("Rapid heart rate",),
        "ibuprofen": ("Back pain", "Toothache"),
        "ketoconazole": ("Fungal infection of the skin",),
        "levofloxacin": ("Urinary tract infection", "Sinusitis"),
        "naproxen": ("Back pain", "Shoulder pain"),
        "penicillins": ("Tooth abscess", "Sinusitis", "Acute bronchitis"),
        "prednisone": ("Itching rash", "Wheezing"),
    }
)
"""Complaints for which they are ordered for some days."""
_UNFIT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "chronic kidney disease": ("digoxin", "ibuprofen", "naproxen", "spironolactone"),
        "heart failure": ("ibuprofen", "naproxen"),
    }
)
"""What is not given to those with a problem."""


def draw_reason(stream: Stream, problems: Sequence[str], group: str, *, lasting: bool) -> str:
    """Words of one of the problems, else of a complaint. A KeyError names a medicine without any: add a row."""
    treated = [words for words in problems if group in _TREATED.get(words, ())] if lasting else []
    return stream.choice(treated or (_LASTING if lasting else _PASSING)[group])


def draw_reason_again(stream: Stream, known: str, group: str, *, lasting: bool) -> str:
    """Of an order that repeats one whose reason is known. Whoever repeats it writes that, or the complaint."""
    complaints = _LASTING.get(group, (known,))
    return known if stream.chance(rate("same_reason")) and lasting else stream.choice(complaints)


def unfit(problems: Collection[str]) -> set[str]:
    """Medicines that people with these problems are not given."""
    return {group for words in problems for group in _UNFIT.get(words, ())}
