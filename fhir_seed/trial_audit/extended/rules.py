"""Draws the constants of sections 7 and 8 of one trial's protocol."""

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.extended.medicine_groups import draw_medicines
from tasks.trial_audit import ExtendedRules

_DOSES = (120, 200, 240, 360, 400)
"""Every level of them is a whole number of mg."""


def draw_extended(stream: Stream) -> ExtendedRules:
    return ExtendedRules(
        dose=stream.choice(_DOSES),
        lab_days=stream.choice((2, 3)),
        eligibility_days=stream.choice((21, 28)),
        washout_days=stream.choice((5, 7, 10)),
        overlap_days=stream.choice((5, 7, 10)),
        reporting_days=1,
        dose_tolerance=5,
        weight_factor=stream.choice((15, 16, 18)),
        medicines=draw_medicines(stream),
    )
