"""One trial's protocol from a stream: drug, arms, thresholds, and 15 sites with fixed offsets."""

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.extended import draw_extended
from fhir_seed.trial_audit.terms import STUDY_DRUG_CODES
from tasks.trial_audit import EquityThresholds, Protocol, Site, Variant

SITES = 15
CANCERS = (
    "Non-small cell lung cancer (disorder)",
    "Primary malignant neoplasm of colon",
    "Primary malignant neoplasm of bladder (disorder)",
)
"""Displays of verified SNOMED CT codes that occur in both sexes."""

_CANCER_WORDS = {
    CANCERS[0]: "non-small cell lung cancer",
    CANCERS[1]: "colon cancer",
    CANCERS[2]: "bladder cancer",
}
_DRUG_NAMES = ("Veltamab", "Orsifenib", "Ceralimod", "Tavrenib")
_CONTROLS = ("Standard of care", "Docetaxel control", "Investigator's choice", "Best supportive care")
_HOME_OFFSETS = (-300, -300, -300, -300, -360, -360, -360, -420, -420, -480, -480, -480)
_FAR_OFFSETS = (-600, -540, -240, 0, 60, 120, 540)
_PLACES = (
    "Ashford", "Bellmont", "Cedar Ridge", "Dunmore", "Eastlake", "Fairhaven", "Glenwood", "Harborview", "Inverness",
    "Juniper", "Kingsbridge", "Lakeside", "Meadowbrook", "Northgate", "Oakhurst", "Pinecrest", "Quarry Hill",
    "Riverton", "Stonebridge", "Thornbury", "Upland", "Valley View", "Westbrook", "Yarrow",
)  # fmt: skip
_KINDS = ("Cancer Center", "Medical Center", "University Hospital", "Oncology Institute", "Regional Hospital")
_DOMINANCE = (68, 70, 72)
_MALE = (56, 60, 63)
_GAP = (12, 15, 18)


def draw_protocol(stream: Stream, variant: Variant) -> Protocol:
    age_min, age_max = stream.choice(variant.age_ranges)
    window = stream.choice(variant.windows)
    drug = stream.below(len(STUDY_DRUG_CODES))
    drug_name = _DRUG_NAMES[drug]
    cancer = stream.choice(CANCERS)
    control = stream.choice(_CONTROLS)
    thresholds = variant.comorbidity_thresholds
    return Protocol(
        number=f"ONC-{stream.integer(1000, 9999)}",
        title=f"{drug_name} against {control[0].lower()}{control[1:]} in {_CANCER_WORDS[cancer]}, stages I to IV",
        drug_code=STUDY_DRUG_CODES[drug],
        drug_name=drug_name,
        cancer=cancer,
        control_arm=control,
        treatment_arm=f"{drug_name} arm",
        age_min=age_min,
        age_max=age_max,
        window=window,
        stage_iv_window=window + stream.choice(variant.stage_iv_extra),
        comorbidity_threshold=stream.choice(thresholds) if thresholds else None,
        escalate=variant.escalate,
        equity=_draw_equity(stream) if variant.equity_clause else None,
        sites=_draw_sites(stream),
        extended=draw_extended(stream) if variant.extended else None,
    )


def _draw_equity(stream: Stream) -> EquityThresholds:
    return EquityThresholds(dominance=stream.choice(_DOMINANCE), male=stream.choice(_MALE), gap=stream.choice(_GAP))


def _draw_sites(stream: Stream) -> tuple[Site, ...]:
    far = stream.sample(_FAR_OFFSETS, SITES - len(_HOME_OFFSETS))
    offsets = stream.shuffled([*_HOME_OFFSETS, *far])
    places = stream.sample(_PLACES, SITES)
    return tuple(
        Site(
            organization=f"Organization/{stream.identifier()}",
            name=f"{place} {stream.choice(_KINDS)}",
            offset_minutes=offset,
        )
        for place, offset in zip(places, offsets, strict=True)
    )
