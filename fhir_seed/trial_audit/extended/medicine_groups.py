"""The medicines that a protocol with sections 7 and 8 names, by RxNorm codes of products and ingredients."""

from fhir_seed.stream import Stream
from tasks.trial_audit import MedicineGroup

_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("acetaminophen", ("161", "198440", "313782")),
    ("alendronic acid", ("904419",)),
    ("allopurinol", ("197319",)),
    ("amlodipine", ("17767", "308136")),
    ("aspirin", ("1191", "212033", "243670")),
    ("atorvastatin", ("259255", "617310", "617311", "617312")),
    ("azithromycin", ("308460",)),
    ("carbamazepine", ("308971",)),
    ("carvedilol", ("200033",)),
    ("clopidogrel", ("309362",)),
    ("dexamethasone", ("3264",)),
    ("digoxin", ("197604",)),
    ("fluticasone and salmeterol", ("896209",)),
    ("furosemide", ("310429", "313988")),
    ("hydrochlorothiazide", ("310798",)),
    ("ibuprofen", ("310965", "5640")),
    ("ketoconazole", ("6135",)),
    ("levofloxacin", ("199885",)),
    ("levothyroxine", ("966222",)),
    ("lisinopril", ("29046", "311354", "314076", "314077")),
    ("losartan", ("979492",)),
    ("metformin", ("860975",)),
    ("metoprolol", ("866427", "866436", "866514")),
    ("naproxen", ("198014",)),
    ("ondansetron", ("1740467",)),
    ("penicillins", ("308192", "562251", "7984")),
    ("prednisone", ("312615", "312617", "8640")),
    ("pregabalin", ("483438",)),
    ("sertraline", ("312938",)),
    ("simvastatin", ("312961", "36567")),
    ("spironolactone", ("313096",)),
    ("warfarin", ("855332",)),
)
PROHIBITABLE = ("azithromycin", "carbamazepine", "digoxin", "ibuprofen", "ketoconazole", "levofloxacin", "naproxen")
"""Never among the medicines that comorbid conditions ask for."""
RENAL = ("alendronic acid", "metformin", "pregabalin")
_PROHIBITED = 4
_LIMITS = (170, 180, 190)


def draw_medicines(stream: Stream) -> tuple[MedicineGroup, ...]:
    """In the order of their names; which are prohibited and over which creatinine no order is written is drawn."""
    prohibited = stream.sample(PROHIBITABLE, _PROHIBITED)
    limit = stream.choice(_LIMITS)
    return tuple(
        MedicineGroup(
            name=name,
            codes=codes,
            prohibited=name in prohibited,
            creatinine_limit=limit if name in RENAL else None,
        )
        for name, codes in _GROUPS
    )
