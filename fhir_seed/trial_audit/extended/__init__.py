"""Sections 7 and 8 of the protocol: what a chart holds for them, their faults, and the truth of those."""

from fhir_seed.trial_audit.extended.layer import Extended, extend
from fhir_seed.trial_audit.extended.rules import draw_extended

__all__ = ["Extended", "draw_extended", "extend"]
